"""Sides of places that only their words name."""

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.sides_in_words import in_words
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[4] / "config")


def places(findings: str, impression: str) -> list[str]:
    texts = BOOK.read(case_from_json({"findings": findings, "impression": impression}))
    return [here.text for here, _, _ in in_words(texts)]


@pytest.mark.parametrize(
    ("findings", "impression", "place"),
    [
        ("右侧眼睑软组织肿胀。左侧眼眶诸壁骨质完整。", "左眼睑肿胀", "左眼睑"),
        ("右侧侧隐窝变窄，神经根受压。", "左侧侧隐窝狭窄", "左侧侧隐窝"),
        ("右耳屏前见囊性结节。", "左侧耳屏前囊性结节", "左侧耳屏前"),
    ],
)
def test_words_that_stand_on_the_other_side_alone(findings: str, impression: str, place: str) -> None:
    assert places(findings, impression) == [place]


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("右侧侧隐窝变窄，左侧侧隐窝亦变窄。", "左侧侧隐窝狭窄"),
        ("双侧侧隐窝变窄，以右侧明显。", "左侧侧隐窝狭窄"),
        ("右侧侧隐窝变窄。L4/5侧隐窝变窄。", "左侧侧隐窝狭窄"),
        ("右侧筛窦含气好。筛窦黏膜增厚。", "左侧筛窦炎"),
        ("右侧眼睑肿胀。", "左眼睑未见肿胀"),
        ("右侧眼睑肿胀。", "右眼睑肿胀，左眼睑待查"),
        ("右侧软组织肿胀。", "左侧软组织肿胀"),
        ("右肺中叶及左舌段支气管扩张。", "右中叶支气管扩张"),
        ("眼睑肿胀。", "左眼睑肿胀"),
    ],
)
def test_words_that_may_be_of_that_side(findings: str, impression: str) -> None:
    assert places(findings, impression) == []


def test_a_name_that_stands_everywhere_says_nothing() -> None:
    assert places("右侧眼睑肿胀。" * 30, "左眼睑肿胀") == []
