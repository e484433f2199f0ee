"""Which clauses of the findings are within the reach of a conclusion."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.whereabouts import out_of_reach
from plugin.rules.rulebook import Rulebook

ROOT = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load(ROOT / "config")


@pytest.mark.parametrize(
    ("findings", "impression", "out"),
    [
        ("右膝髌上囊见液性密度影。", "右踝关节积液。", True),
        ("右距骨旁见液性密度影。", "右踝关节积液。", False),
        ("胸12椎体变扁。", "腰2椎体压缩骨折。", True),
        ("胸12椎体变扁。", "胸12椎体压缩骨折。", False),
        ("右膝见积液。", "右侧胸腔积液。", False),
        # Without a place of its own a clause may tell of any.
        ("内见液性密度影。", "心包积液。", False),
        # What a clause before named is no place of the next.
        ("右膝见积气。", "左侧锁骨骨折，左侧气胸。", False),
    ],
)
def test_a_clause_out_of_reach(rulebook: Rulebook, findings: str, impression: str, out: bool) -> None:
    reading = rulebook.read(case_from_json({"id": "a", "findings": findings, "impression": impression}))

    assert out_of_reach(reading, 0, reading.impression_claims[-1], frozenset(("pleura",))) is out
