"""Statements that rule each other out."""

import re
from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.opposed_statements import Opposition, opposed_statements
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[4] / "config")
LOOSE = Opposition(
    says=("松动",), concluded=re.compile("松动"), found="未见[^，。；]{0,4}透亮带", unless=re.compile("下沉")
)
DISC = Opposition(
    says=("不可复",), concluded=re.compile("(?P<key>[左右])侧不可复"), found="{key}侧[^。]*复位"
)


def places(findings: str, impression: str, *rows: Opposition) -> list[tuple[str, str]]:
    texts = BOOK.read(case_from_json({"findings": findings, "impression": impression}))
    return [(said.text, found.text) for said, found in opposed_statements(texts, rows)]


def test_what_the_findings_deny_the_sign_of() -> None:
    assert places("右髋假体位置好，界面未见透亮带。", "右髋假体松动", LOOSE) == [
        ("右髋假体松动", "界面未见透亮带")
    ]


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("右髋界面未见透亮带，假体下沉。", "右髋假体松动"),
        ("左髋界面未见透亮带。", "右髋假体松动"),
        ("右髋界面未见透亮带。", "右髋假体松动待排"),
        ("右髋界面未见透亮带。", "右髋置换术后"),
    ],
)
def test_what_is_excused(findings: str, impression: str) -> None:
    assert places(findings, impression, LOOSE) == []


def test_a_name_of_the_conclusion_stands_in_what_rules_it_out() -> None:
    findings = "左侧：盘前移，开口位复位。右侧：盘前移，开口位未恢复。"

    assert places(findings, "左侧不可复性盘前移位", DISC) == [("左侧不可复性盘前移位", "开口位复位")]
    assert places(findings, "右侧不可复性盘前移位", DISC) == []
