"""Who is given a reading, and why another is not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plugin.domain.staff import StaffMember, StaffRole
from plugin.rules.assignment import Wanted, choose, eligible
from plugin.rules.rights import Rights
from plugin.rules.scoring import load_forms

CONFIG = Path(__file__).parents[3] / "config"
RIGHTS = Rights.read(CONFIG, [form.form_id for form in load_forms(CONFIG / "scoring")])
SENIOR = StaffMember(staff_id="S1", name="专家甲", role=StaffRole.SENIOR)
WANTED = Wanted(forms=("report",), involved=frozenset({"D1", "李四", ""}), traits=("CT", "", "胸部CT平扫"))


@pytest.mark.parametrize(
    ("changes", "load", "why"),
    [
        ({}, 0, ""),
        ({"staff_id": "D1"}, 0, "involved"),
        ({"name": "李四"}, 0, "involved"),
        ({"available": False}, 0, "unavailable"),
        ({"role": StaffRole.ATTENDING}, 0, "not_senior"),
        ({"specialties": ("MR",)}, 0, "other_specialty"),
        ({"specialties": ("胸部",)}, 0, ""),
        ({"monthly_quota": 3}, 3, "quota_reached"),
        ({"monthly_quota": 3}, 2, ""),
    ],
)
def test_why(changes: dict[str, object], load: int, why: str) -> None:
    member = replace(SENIOR, **changes)  # type: ignore[arg-type]  # fields by name
    assert eligible(member, WANTED, RIGHTS, load) == why


def test_specialists_first_then_the_least_loaded() -> None:
    members = [
        replace(SENIOR, staff_id="S1"),
        replace(SENIOR, staff_id="S2"),
        replace(SENIOR, staff_id="S3", specialties=("ct",)),
    ]
    chosen = choose(members, WANTED, RIGHTS, {"S1": 4, "S2": 1, "S3": 9}, 3)
    assert [each.staff_id for each in chosen] == ["S3", "S2", "S1"]


def test_a_role_without_the_right() -> None:
    anybody = replace(WANTED, senior=False)
    assert eligible(replace(SENIOR, role=StaffRole.RESIDENT), anybody, RIGHTS, 0) == "no_right"
