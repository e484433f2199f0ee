"""Places whose side the findings give only to the other, and those that are borne out."""

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.swapped_sides import swapped
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[4] / "config")


def told(findings: str, impression: str) -> list[tuple[str, str]]:
    """Each place with its side, and its witness's."""
    texts = BOOK.read(case_from_json({"findings": findings, "impression": impression})).texts
    return [
        (texts.impression.text[said.start : said.end] + said.side, witness.side)
        for said, witness in swapped(texts)
    ]


@pytest.mark.parametrize(
    ("findings", "impression", "side"),
    [
        ("左肾上极见囊性低密度影。右肾未见异常。", "右肾囊肿。", "L"),
        ("左侧基底节区见斑片状低密度影。", "右侧基底节区脑梗死。", "L"),
        ("左肾见结石。右肾见囊肿。", "右肾结石，左肾囊肿。", "L"),
    ],
)
def test_the_witness_stands_on_the_other_side(findings: str, impression: str, side: str) -> None:
    places = told(findings, impression)
    assert side in {witness for _, witness in places}
    assert all(place[-1] != witness for place, witness in places)


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("左肾上极见囊性低密度影。右肾见结石。", "左肾囊肿，右肾结石。"),
        ("双肾见多发囊性低密度影。", "右肾囊肿。"),
        ("左侧基底节区见低密度影，对侧亦见类似改变。", "右侧基底节区脑梗死。"),
        ("左肾见结石。", "外院诊断“右肾结石”。"),
        ("左肾见结石。", ""),
    ],
)
def test_what_its_own_side_may_bear_has_no_witness(findings: str, impression: str) -> None:
    assert told(findings, impression) == []


def test_places_under_one_side_word_are_told_once() -> None:
    assert len(told("左侧额叶、颞叶、顶叶见片状低密度影。", "右侧额颞顶叶脑梗死。")) == 1
