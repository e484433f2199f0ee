"""A denial in the impression covers what the findings name in other words, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.rulebook import Rulebook

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load(ROOT / "config")


@pytest.mark.parametrize(
    ("findings", "impression", "contradicts"),
    [
        ("甲状腺大小正常。右叶中部见结节，大小约7×5mm。", "甲状腺右叶未见结节。", True),
        ("甲状腺大小正常。右叶中部见结节，大小约7×5mm。", "甲状腺左叶未见结节。", False),
        ("纵隔内见肿大淋巴结，短径约15mm。", "纵隔淋巴结未见肿大。", True),
        ("左髋关节在位。关节腔内见积液。", "左髋关节腔未见积液。", True),
        ("左膝骨质完整。右膝见关节腔积液。", "左膝关节腔未见积液。", False),
    ],
)
def test_denials_meet_findings_under_other_names(
    rulebook: Rulebook, findings: str, impression: str, contradicts: bool
) -> None:
    case = case_from_json({"id": "a", "findings": findings, "impression": impression})

    rules = {issue.rule for issue in rulebook.inspect(case).issues}

    assert ("contradiction" in rules) is contradicts
