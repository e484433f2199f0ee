"""What sampling rules may ask of a sign event, with the words of the shipped gate.toml."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.domain.gate import SignAction, Signer, SignEvent
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Exam, Report
from plugin.domain.staff import StaffMember, StaffRole
from plugin.rules.rulebook import Inspection
from plugin.rules.sampling.conditions import CONDITIONS
from plugin.site.gate import load_gate
from plugin.workflow.sign_facts import SignFacts
from tests.conftest import ROOT, StoppedClock

EVENT = SignEvent(event_id="E1", action=SignAction.VERIFY, accession_number="A1", signer=Signer(id="D7"))
INSPECTION = Inspection(issues=(), critical=())


@pytest.fixture(scope="module")
def facts() -> SignFacts:
    gate = load_gate(ROOT / "config")
    return SignFacts(institution="H1", systems=gate.systems, outcome_words=gate.outcome_words)


def told(
    facts: SignFacts,
    clock: StoppedClock,
    item: str = "胸部CT平扫",
    event: SignEvent = EVENT,
    order: ImagingOrder | None = None,
    member: StaffMember | None = None,
) -> dict[str, str]:
    report = Report(exam=Exam(accession_number="A1", modality="CT", exam_item=item))
    return facts(event, report, order, member, INSPECTION, clock())


def test_every_condition_has_its_fact(facts: SignFacts, clock: StoppedClock) -> None:
    assert set(told(facts, clock)) == set(CONDITIONS)


@pytest.mark.parametrize(("item", "system"), [
    ("头颅MRI平扫+增强", "neuro"),
    ("胸部CT平扫", "respiratory"),
    ("胸椎MRI平扫", "skeletal"),
    ("冠状动脉CTA", "circulatory"),
    ("上腹部CT增强", "digestive_urogenital"),
    ("甲状腺CT", "other"),
])  # fmt: skip
def test_the_five_systems_of_b1(facts: SignFacts, clock: StoppedClock, item: str, system: str) -> None:
    assert told(facts, clock, item)["system"] == system


def test_an_outcome_is_told_by_the_ris_or_by_words_of_the_order(
    facts: SignFacts, clock: StoppedClock
) -> None:
    assert told(facts, clock)["outcome_known"] == "no"
    assert told(facts, clock, event=replace(EVENT, outcome_known=True))["outcome_known"] == "yes"
    operated = ImagingOrder(history="左肺上叶切除术后3月")
    assert told(facts, clock, order=operated)["outcome_known"] == "yes"


def test_seniority_is_the_staff_tables(facts: SignFacts, clock: StoppedClock) -> None:
    junior = StaffMember(staff_id="D7", name="李四", role=StaffRole.RESIDENT)
    assert told(facts, clock)["seniority"] == "unknown"
    assert told(facts, clock, member=junior)["seniority"] == "before_first_stage"
    assert told(facts, clock, member=replace(junior, first_stage=True))["seniority"] == "after_first_stage"
