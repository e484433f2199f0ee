"""How much a clause denies, and what."""

import pytest

from plugin.rules.comparison.denial_words import apart, denied_words, finds_nothing, reach_of, turned


@pytest.mark.parametrize(
    "said", ["双肾未见异常", "左侧腋下无异常", "肝脏密度均匀", "脑实质信号如常", "肝脏正常"]
)
def test_all_is_denied(said: str) -> None:
    assert finds_nothing(said)


@pytest.mark.parametrize(
    "said", ["大小正常", "肝脏周围未见异常", "增强未见异常强化", "未见骨折", "信号欠均匀"]
)
def test_something_is_left(said: str) -> None:
    assert not finds_nothing(said)


def test_the_word_that_narrows_a_denial() -> None:
    assert [reach_of(said).narrow for said in ("其周围未见异常", "低周围高，未见异常", "无强化")] == [
        "周围",
        "",
        "",
    ]


def test_things_are_denied_word_by_word() -> None:
    assert denied_words("腔内未见粪石影、积液") == {"粪石", "积液"}


def test_parts_of_one_thing_lie_apart() -> None:
    assert apart("内侧半月板", "外侧半月板")
    assert not apart("内侧半月板后角", "内侧半月板")


@pytest.mark.parametrize(
    ("one", "other", "is_apart"),
    [
        ("右外踝骨折", "右内踝骨折", True),
        ("内、外踝骨折", "右内踝骨折", False),
        ("股骨内侧髁骨髓水肿", "股骨内髁骨挫伤", False),
        ("股骨内侧髁骨髓水肿", "股骨外侧髁骨挫伤", True),
        ("踝关节积液", "内踝骨折", False),
    ],
)
def test_ankles_and_condyles_are_inner_or_outer(one: str, other: str, is_apart: bool) -> None:
    assert apart(one, other) is is_apart


def test_inside_and_outside_are_exchanged_and_front_and_back_are_two_things() -> None:
    assert turned("右外踝骨折", "右内踝骨折")
    assert not turned("前交叉韧带撕裂", "后交叉韧带撕裂")
    assert not turned("内、外踝骨折", "右内踝骨折")
