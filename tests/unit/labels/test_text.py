"""The words of a label."""

from __future__ import annotations

import pytest

from plugin.domain.errors import InvalidInput
from plugin.labels.text import Mark, Placement, drawn_text, with_mark, without_mark

BJHR = Mark(text="BJHR", others=("HR", "JJJHR", "川渝 HR"))
CHUANYU = Mark(text="川渝 HR", placement=Placement.TOP_RIGHT, others=("HR", "BJHR", "JJJHR"))


def test_the_mark_stands_after_the_name_once() -> None:
    once = with_mark("测试医院", BJHR)
    assert once == "测试医院 BJHR"
    assert with_mark(once, BJHR) == once


@pytest.mark.parametrize(
    "name", ["测试医院 BJHR", "测试医院 HR", "测试医院 川渝 HR", "测试医院 川渝HR", "测试医院 BJHR HR "]
)
def test_another_region_is_replaced_never_added(name: str) -> None:
    assert with_mark(name, CHUANYU) == "测试医院 川渝 HR"
    assert without_mark(name, CHUANYU) == "测试医院"


def test_letters_that_belong_to_the_name_stay() -> None:
    assert without_mark("SCHR", BJHR) == "SCHR"
    assert without_mark("St. CHR Hospital", BJHR) == "St. CHR Hospital"


def test_a_name_of_64_characters_is_refused_and_a_shorter_one_taken() -> None:
    name = "测试大学附属第一医院" + "（" + "甲" * 52 + "）"
    assert len(name) == 64
    with pytest.raises(InvalidInput, match=r"no room for 'BJHR'.*--institution"):
        with_mark(name, BJHR)
    assert (
        with_mark(name, Mark(text="BJHR", institution="测试大学附属第一医院")) == "测试大学附属第一医院 BJHR"
    )
    assert len(with_mark("甲" * 59, BJHR)) == 64


def test_another_hospitals_image_is_refused() -> None:
    mark = Mark(text="BJHR", institution="测试医院", aliases=("Test Hospital",))
    with pytest.raises(InvalidInput, match="another hospital"):
        with_mark("第二医院", mark)
    assert with_mark("TEST HOSPITAL", mark) == "TEST HOSPITAL BJHR"
    assert with_mark("", mark) == "测试医院 BJHR"


def test_a_mark_needs_a_name() -> None:
    with pytest.raises(InvalidInput, match="--institution"):
        with_mark("  ", BJHR)


def test_hr_alone_is_never_drawn_without_the_hospital() -> None:
    national = Mark(text="HR", placement=Placement.TOP_RIGHT)
    assert drawn_text(national, "测试医院") == "测试医院 HR"
    assert drawn_text(CHUANYU, "") == "川渝 HR"
    assert drawn_text(BJHR, "测试医院 BJHR") == "测试医院 BJHR"


@pytest.mark.parametrize("text", ["HR\x1b$)A", "HR\\x", "H\x00R", "HR\u202e", "HR\n", "\ud800", " "])
def test_attack_s15_control_characters_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        Mark(text=text)
    with pytest.raises(InvalidInput):
        Mark(text="HR", institution=f"医院{text}" if text.strip() else "医\u200b院")


def test_attack_s15_escape_bytes_in_an_image_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"U\+001B"):
        with_mark("Hospital\x1b$)A", BJHR)
