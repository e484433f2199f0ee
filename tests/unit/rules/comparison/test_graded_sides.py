"""Sides told apart by their grades."""

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.graded_sides import grades_across
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[4] / "config")


def places(findings: str, impression: str) -> list[tuple[str, str]]:
    texts = BOOK.read(case_from_json({"findings": findings, "impression": impression}))
    return [(here.text, there.text) for here, there, _ in grades_across(texts)]


@pytest.mark.parametrize(
    ("findings", "impression", "told"),
    [
        (
            "左侧颈内动脉重度狭窄。右侧颈内动脉轻度狭窄。",
            "右侧颈内动脉重度狭窄。",
            ("右侧颈内动脉重度狭窄", "左侧颈内动脉重度狭窄"),
        ),
        (
            "右侧输卵管显影好。左侧输卵管迂曲。",
            "右侧输卵管通而不畅；右侧输卵管通畅。",
            ("右侧输卵管通而不畅", "左侧输卵管迂曲"),
        ),
    ],
)
def test_grades_of_the_other_side(findings: str, impression: str, told: tuple[str, str]) -> None:
    assert places(findings, impression) == [told]


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("左侧颈内动脉重度狭窄。右侧颈内动脉轻度狭窄。", "左侧颈内动脉重度狭窄，右侧颈内动脉轻度狭窄。"),
        ("左侧颈内动脉重度狭窄。", "右侧颈内动脉轻度狭窄。"),
        ("左侧V1段轻度狭窄，右侧V4段重度狭窄。", "左侧V4段重度狭窄。"),
        ("右侧输卵管迂曲。", "右侧输卵管通而不畅；右侧输卵管通畅。"),
    ],
)
def test_grades_that_agree(findings: str, impression: str) -> None:
    assert places(findings, impression) == []
