"""What seed 000 asks of a signature."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plugin.domain.gate import SignAction, Signer
from plugin.domain.report import Report
from plugin.domain.staff import StaffMember, StaffRole
from plugin.rules.staff_checks import RULES, StaffPolicy, check_signature

MEMBER = StaffMember(staff_id="D7", name="王五", role=StaffRole.SENIOR, licensed=True, first_stage=True)
SIGNER = Signer(id="D7", name="王五")
REPORT = Report(author_id="D1", author="李四", verifier="王五")


def found(
    member: StaffMember | None = MEMBER,
    report: Report = REPORT,
    action: SignAction = SignAction.VERIFY,
    **policy: bool,
) -> list[str]:
    return [i.rule for i in check_signature(StaffPolicy(**policy), action, SIGNER, report, member)]  # type: ignore[arg-type]  # switches by name


@pytest.mark.parametrize(
    ("member", "rules"),
    [
        (MEMBER, []),
        (replace(MEMBER, licensed=False), ["signer_not_licensed"]),
        (replace(MEMBER, first_stage=False), ["signer_first_stage"]),
        (None, []),
    ],
)
def test_licence_and_first_stage(member: StaffMember | None, rules: list[str]) -> None:
    assert found(member) == rules


def test_a_site_may_want_every_signer_listed() -> None:
    assert found(None, must_be_listed=True) == ["signer_not_listed"]


def test_the_last_to_modify_signs() -> None:
    assert found(report=replace(REPORT, modified_by="李四")) == ["signer_not_last_editor"]
    assert found(report=replace(REPORT, modified_by="李四"), action=SignAction.SUBMIT) == []
    assert found(report=replace(REPORT, modified_by="王五")) == []


def test_two_people_where_the_site_demands_it() -> None:
    alone = replace(REPORT, author_id="D7")
    assert found(report=alone) == []
    assert found(report=alone, two_people=True) == ["one_person"]
    assert found(report=REPORT, two_people=True) == []


def test_the_shipped_policy_is_read_and_every_rule_is_listed() -> None:
    policy = StaffPolicy.read(Path(__file__).parents[3] / "config")
    assert (policy.two_people, policy.correction_days) == (False, 7)
    assert len(set(RULES)) == 5
