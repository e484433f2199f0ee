"""What a signer is not to score goes to a colleague, and is owed until one can take it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin.domain.errors import NotAllowed
from plugin.domain.gate import Decision, SignAction
from plugin.domain.order import PatientClass
from plugin.domain.review import Purpose
from plugin.domain.sampling import SamplingPolicy, SamplingRule, Scorer
from plugin.domain.scoring import FormAnswers, ScoringMode
from plugin.domain.staff import StaffMember, StaffRole
from plugin.rules.sampling.draws import key_digest
from plugin.store.job_listing import SqlJobListing
from plugin.store.reading import SqlReading
from tests.unit.workflow.conftest import SOUND, World


def colleague(world: World, role: StaffRole = StaffRole.SENIOR) -> None:
    member = StaffMember(staff_id="S1", name="测试医师甲甲", role=role)
    world.store.write(lambda uow: uow.staff.save(member))


def test_his_own_work_is_given_to_a_colleague_who_is_told(world: World) -> None:
    colleague(world)
    world.policy(1.0)
    gate = world.sign(report=SOUND, signer="D1").gate
    assert (gate.decision, gate.reason, gate.owed) == (Decision.RELEASE, "own_work", False)
    (reading,) = world.store.read(lambda uow: uow.reviews.open_of("S1"))
    assert (reading.purpose, reading.forms, reading.blind) == (Purpose.RANDOM, ("report",), False)
    (told,) = world.store.read(lambda uow: uow.person_notices.of("S1", ""))
    assert told.occasion == "assigned"
    assert world.sign(event_id="E2", report=SOUND, signer="D1").gate.gate_id == gate.gate_id
    assert len(world.store.read(lambda uow: uow.reviews.open_of("S1"))) == 1, "once, however often he signs"


def ask_for(world: World, *forms: str) -> None:
    key = b"k" * 32
    rule = SamplingRule(name="全部", p=1.0, forms=forms)
    policy = SamplingPolicy(
        version=1, rules=(rule,), key=key, key_digest=key_digest(key), live_from=world.clock(), author="t"
    )
    world.store.write(lambda uow: uow.policies.add(policy))


def test_he_fills_what_is_not_his_own_and_a_colleague_the_rest(world: World) -> None:
    colleague(world)
    ask_for(world, "image", "report")
    gate = world.sign(action=SignAction.SUBMIT, report=SOUND, signer="D1").gate
    assert (gate.decision, gate.forms, gate.owed) == (Decision.HOLD, ("image",), False)
    assert gate.draw.forms == ("image", "report")
    (reading,) = world.store.read(lambda uow: uow.reviews.open_of("S1"))
    assert (reading.purpose, reading.forms) == (Purpose.RANDOM, ("report",))
    again = world.sign("E2", SignAction.SUBMIT, report=SOUND, signer="D1").gate
    assert again.gate_id == gate.gate_id
    assert len(world.store.read(lambda uow: uow.reviews.open_of("S1"))) == 1
    assert [each.gate_id for each in world.store.read(lambda uow: list(uow.gates.drawn_by(1)))] == [
        gate.gate_id
    ], "one draw is counted once"


def test_the_rest_stays_owed_until_somebody_can_take_it(world: World) -> None:
    ask_for(world, "image", "report")
    gate = world.sign(action=SignAction.SUBMIT, report=SOUND, signer="D1").gate
    assert gate.forms == ("image",)
    (rest,) = world.store.read(lambda uow: uow.gates.for_another(9))
    assert (rest.forms, rest.reason, rest.owed, rest.draw) == (("report",), "own_work", True, None)
    assert world.store.read(lambda uow: uow.gates.waiting_by_signer()) == {"D1": 1}, "the image form alone"
    colleague(world)
    world.store.write(lambda uow: world.journeys.reminders(uow, {}))
    (reading,) = world.store.read(lambda uow: uow.reviews.open_of("S1"))
    assert reading.forms == ("report",)
    assert world.store.read(lambda uow: uow.gates.for_another(9)) == []


def test_the_rest_of_an_emergency_is_handed_on_too(world: World) -> None:
    colleague(world)
    world.order(PatientClass.EMERGENCY)
    ask_for(world, "image", "report")
    gate = world.sign(action=SignAction.SUBMIT, report=SOUND, signer="D1").gate
    assert (gate.reason, gate.forms, gate.owed) == ("emergency", ("image",), True)
    (reading,) = world.store.read(lambda uow: uow.reviews.open_of("S1"))
    assert reading.forms == ("report",)


def test_a_verifier_does_not_score_his_own_review(world: World) -> None:
    colleague(world)
    ask_for(world, "report", "reviewed_report")
    senior = StaffMember(staff_id="D7", name="测试医师庚", role=StaffRole.SENIOR)
    world.store.write(lambda uow: uow.staff.save(senior))
    verified = replace(SOUND, verifier_id="D7", verifier="测试医师庚")
    assert world.sign(report=verified).gate.forms == ("report",)
    (reading,) = world.store.read(lambda uow: uow.reviews.open_of("S1"))
    assert reading.forms == ("reviewed_report",)


def test_where_the_sender_names_no_identifier_the_name_tells_whose_work_it_is(world: World) -> None:
    colleague(world)
    world.policy(1.0)
    unnumbered = replace(SOUND, author_id="", author="测试医师庚")
    assert world.sign(report=unnumbered).gate.reason == "own_work"


def test_nobody_opens_the_form_of_his_own_work_either(world: World) -> None:
    world.policy(1.0)
    gate = world.sign(report=SOUND, signer="D1").gate
    desk = world.journeys.decide_sign.held
    with pytest.raises(NotAllowed, match="somebody else"):
        world.store.write(lambda uow: desk.new_ticket(uow, gate.gate_id, "D1"))
    assert world.store.read(lambda uow: uow.gates.waiting_by_signer()) == {}


def test_what_nobody_could_take_is_offered_again_in_the_morning(world: World) -> None:
    world.policy(1.0)
    gate = world.sign(report=SOUND, signer="D1").gate
    assert gate.owed
    colleague(world)
    reminders = world.journeys.reminders
    world.store.write(lambda uow: reminders(uow, {}))
    assert not world.store.read(lambda uow: uow.gates.get(gate.gate_id)).owed
    assert len(world.store.read(lambda uow: uow.reviews.open_of("S1"))) == 1
    world.store.write(lambda uow: reminders(uow, {}))
    assert len(world.store.read(lambda uow: uow.reviews.open_of("S1"))) == 1


def scored_by_colleague(world: World) -> None:
    """The colleague opens the form of the one examination that waits for him, and sends it."""
    (reading,) = world.store.read(lambda uow: uow.reviews.open_of("S1"))
    token = world.store.write(
        lambda uow: world.journeys.submit_score.opening.redeem(
            uow, world.journeys.decide_sign.held.new_ticket(uow, reading.gate_id, "S1")
        )
    ).form_token
    world.store.write(lambda uow: world.journeys.submit_score.submit(uow, token, {"report": FormAnswers()}))


def test_a_rule_may_want_another_to_score(world: World) -> None:
    colleague(world)
    rule = SamplingRule(name="他评", p=1.0, scorer=Scorer.ANOTHER)
    key = b"k" * 32
    policy = SamplingPolicy(
        version=1, rules=(rule,), key=key, key_digest=key_digest(key), live_from=world.clock(), author="t"
    )
    world.store.write(lambda uow: uow.policies.add(policy))
    gate = world.sign(report=SOUND).gate
    assert (gate.decision, gate.reason, gate.owed) == (Decision.RELEASE, "another_scores", False)
    assert gate.forms == ("report",)
    scored_by_colleague(world)
    (sheet,) = world.store.read(lambda uow: uow.sheets.for_exam("A1"))
    assert (sheet.mode, sheet.scorer_id, sheet.assessed_id) == (ScoringMode.RANDOM, "S1", "D1")


def test_what_a_colleague_scores_stands_for_as_many_as_the_draw_it_was_part_of(world: World) -> None:
    colleague(world)
    ask_for(world, "image", "report")
    world.sign(action=SignAction.SUBMIT, report=SOUND, signer="D1")
    scored_by_colleague(world)
    now = world.clock()
    (row,) = SqlReading(world.store, SqlJobListing(world.store)).scored(now, now + timedelta(seconds=1))
    assert (row.sheet.form_id, row.inclusion) == ("report", 1.0)
