"""Release, hold or fix: drawn once, answered alike, and never in the way of an emergency."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from plugin.domain.errors import GateConflict, UnknownReport
from plugin.domain.gate import Decision, Gate, GateState, SignAction, Signer, SignEvent
from plugin.domain.order import PatientClass
from plugin.domain.sampling import Caps, Minimum, SamplingPolicy, SamplingRule
from plugin.domain.staff import StaffMember, StaffRole
from plugin.rules.sampling.draws import key_digest
from tests.unit.workflow.conftest import SOUND, World


def test_a_drawn_report_is_held_with_a_ticket(world: World) -> None:
    world.policy(1.0)
    answer = world.sign(report=SOUND)
    gate = answer.gate
    assert (gate.decision, gate.state, gate.reason) == (Decision.HOLD, GateState.HELD, "sampled")
    assert gate.forms == ("report",)
    assert gate.expires_at == world.clock() + timedelta(hours=2)
    assert answer.ticket
    assert gate.draw is not None
    assert gate.draw.u < gate.draw.p == 1.0


def test_an_undrawn_report_is_released(world: World) -> None:
    world.policy(0.0)
    answer = world.sign(report=SOUND)
    assert (answer.gate.decision, answer.gate.reason, answer.ticket) == (Decision.RELEASE, "not_sampled", "")


def test_the_same_event_gets_the_same_answer_and_a_fresh_ticket(world: World) -> None:
    world.policy(1.0)
    first, second = world.sign(report=SOUND), world.sign(report=SOUND)
    assert first.gate == second.gate
    assert first.ticket != second.ticket


def test_signing_again_is_no_new_draw_even_under_another_policy(world: World) -> None:
    world.policy(0.0)
    world.sign(report=SOUND)
    world.clock.advance(hours=1)
    world.policy(1.0, version=2)
    again = world.sign("E2", report=SOUND)
    assert (again.gate.decision, again.gate.event_id) == (Decision.RELEASE, "E1")


def test_a_corrected_text_is_a_new_event_without_a_new_draw(world: World) -> None:
    world.policy(0.0)
    world.sign(report=SOUND)
    world.policy(1.0, version=2)
    changed = replace(SOUND, impression="胸部CT平扫未见明确异常。")
    again = world.sign("E2", report=changed)
    assert (again.gate.decision, again.gate.reason, again.gate.event_id) == (
        Decision.RELEASE,
        "decided_before",
        "E2",
    )


def test_a_held_gate_follows_the_corrected_report(world: World) -> None:
    world.policy(1.0)
    held = world.sign(report=SOUND)
    again = world.sign("E2", report=replace(SOUND, impression="胸部CT平扫未见明确异常。"))
    assert again.gate.gate_id == held.gate.gate_id
    assert again.gate.state is GateState.HELD


def test_submit_and_verify_are_drawn_apart(world: World) -> None:
    world.policy(1.0)
    world.sign("E1", SignAction.VERIFY, SOUND)
    submit = world.sign("E2", SignAction.SUBMIT, SOUND)
    assert submit.gate.forms == ("request_form", "image")


def test_an_emergency_is_released_and_owed(world: World) -> None:
    world.policy(1.0)
    world.order(PatientClass.EMERGENCY)
    gate = world.sign(report=SOUND).gate
    assert (gate.decision, gate.reason, gate.owed) == (Decision.RELEASE, "emergency", True)
    assert gate.forms == ("report",)


def test_nobody_scores_his_own_work(world: World) -> None:
    world.policy(1.0)
    gate = world.sign(report=SOUND, signer="D1").gate
    assert (gate.decision, gate.reason, gate.owed) == (Decision.RELEASE, "own_work", True)


@pytest.mark.parametrize(
    ("switches", "reason"), [({"gate": False}, "switched_off"), ({"shadow": True}, "shadow")]
)
def test_switched_off_or_in_the_shadow_nothing_is_held(
    world: World, switches: dict[str, bool], reason: str
) -> None:
    world.policy(1.0)
    world.switch(**switches)
    gate = world.sign(report=SOUND).gate
    assert (gate.decision, gate.reason) == (Decision.RELEASE, reason)
    assert gate.draw is not None


def test_without_a_policy_everything_is_released(world: World) -> None:
    assert world.sign(report=SOUND).gate.reason == "no_policy"


def test_an_examination_nobody_heard_of(world: World) -> None:
    with pytest.raises(UnknownReport, match="no report of A1 has arrived"):
        world.sign()


def test_a_report_that_came_by_oru_need_not_be_sent_again(world: World) -> None:
    world.policy(1.0)
    world.report(SOUND)
    assert world.sign().gate.decision is Decision.HOLD


def test_a_listed_rule_asks_for_a_fix_that_can_be_signed_over(world: World) -> None:
    world.policy(0.0)
    decide = replace(
        world.journeys.decide_sign,
        policy=replace(world.journeys.decide_sign.policy, fix_rules=frozenset({"laterality"})),
    )
    world.journeys = replace(world.journeys, decide_sign=decide)
    wrong = replace(SOUND, findings="左肺上叶见一结节，大小约8mm，边界清。", impression="右肺上叶结节。")
    gate = world.sign(report=wrong).gate
    assert (gate.decision, gate.reason) == (Decision.FIX, "blocking_issue")
    world.store.write(lambda uow: decide.held.override(uow, gate.gate_id, "D7", "已核对，图像左右无误"))
    assert world.sign("E2", report=wrong).gate.decision is Decision.RELEASE


def quota_policy(
    world: World, p: float, minimums: tuple[Minimum, ...] = (), caps: Caps | None = None
) -> None:
    policy = SamplingPolicy(
        version=1,
        rules=(SamplingRule(name="全部", p=p),),
        key=b"q" * 32,
        key_digest=key_digest(b"q" * 32),
        live_from=world.clock(),
        author="test",
        minimums=minimums,
        caps=caps or Caps(),
    )
    world.store.write(lambda uow: uow.policies.add(policy))


def sign_study(world: World, number: int) -> Gate:
    study = replace(SOUND, exam=replace(SOUND.exam, accession_number=f"S{number}"))
    event = SignEvent(
        event_id=f"S{number}",
        action=SignAction.VERIFY,
        accession_number=f"S{number}",
        signer=Signer(id="D7", role="senior"),
        report=study,
    )
    return world.store.write(lambda uow: world.journeys.decide_sign.decide(uow, event)).gate


def test_what_a_cap_suppresses_is_owed(world: World) -> None:
    quota_policy(world, 1.0, caps=Caps(per_hour=2))
    reasons = []
    for number in range(4):
        world.clock.advance(minutes=1)
        gate = sign_study(world, number)
        reasons.append((gate.reason, gate.owed))
    assert reasons == [("sampled", False), ("sampled", False), ("capped", True), ("capped", True)]
    world.clock.advance(hours=1)
    assert sign_study(world, 9).reason == "sampled"


def test_a_minimum_is_reached_by_a_second_draw(world: World) -> None:
    quota_policy(world, 0.0, minimums=(Minimum(name="每月", count=2),))
    drawn = []
    for number in range(30):
        world.clock.advance(hours=23)
        drawn.append(sign_study(world, number).draw)
    assert sum(draw is not None and draw.drawn for draw in drawn) >= 2
    first = drawn[0]
    assert first is not None
    assert first.top_up is not None
    assert (first.top_up.name, first.inclusion) == ("每月", first.top_up.p)


def test_what_a_role_may_not_score_is_owed_by_another(world: World) -> None:
    world.policy(1.0)
    resident = StaffMember(staff_id="D7", name="测试医师庚", role=StaffRole.RESIDENT)
    world.store.write(lambda uow: uow.staff.save(resident))
    answer = world.sign(report=SOUND)
    assert (answer.gate.decision, answer.gate.reason, answer.gate.owed) == (
        Decision.RELEASE,
        "no_right",
        True,
    )


def test_the_staff_table_is_asked_at_signing_and_may_be_made_to_fix(world: World) -> None:
    unlicensed = StaffMember(staff_id="D7", name="测试医师庚", role=StaffRole.SENIOR, first_stage=True)
    world.store.write(lambda uow: uow.staff.save(unlicensed))
    answer = world.sign(report=SOUND)
    assert "signer_not_licensed" in [issue.rule for issue in answer.issues]
    assert answer.gate.decision is Decision.RELEASE
    decide = world.journeys.decide_sign
    strict = replace(decide, policy=replace(decide.policy, fix_rules=frozenset({"signer_not_licensed"})))
    event = SignEvent(
        event_id="E9",
        action=SignAction.SUBMIT,
        accession_number="A1",
        signer=Signer(id="D7", name="测试医师庚", role="senior"),
    )
    assert world.store.write(lambda uow: strict.decide(uow, event)).gate.decision is Decision.FIX


@pytest.mark.parametrize("switches", [{"gate": False}, {"shadow": True}])
def test_the_off_switch_lets_go_what_was_held_or_to_be_fixed(world: World, switches: dict[str, bool]) -> None:
    world.policy(1.0)
    held = world.sign(report=SOUND)
    world.switch(**switches)
    again = world.sign("E2", report=SOUND)
    assert (again.gate.gate_id, again.gate.state, again.ticket) == (
        held.gate.gate_id,
        GateState.EXPIRED,
        "",
    )
    assert again.gate.owed, "the form that was drawn stays owed"
    assert "expire_gate" not in world.jobs()


@pytest.mark.parametrize("switches", [{"gate": False}, {"shadow": True}])
def test_the_off_switch_ends_what_was_to_be_fixed(world: World, switches: dict[str, bool]) -> None:
    decide = world.journeys.decide_sign
    strict = replace(decide, policy=replace(decide.policy, fix_rules=frozenset({"laterality"})))
    world.journeys = replace(world.journeys, decide_sign=strict)
    world.policy(0.0)
    crossed = replace(
        SOUND, findings="左肺上叶见结节，大小约8mm×6mm。", impression="右肺上叶结节，建议随访。"
    )
    assert world.sign(report=crossed).gate.decision is Decision.FIX
    world.switch(**switches)
    assert world.sign("E2", report=crossed).gate.decision is Decision.RELEASE


def test_an_event_is_of_one_study_and_action(world: World) -> None:
    world.policy(1.0)
    world.sign("E1", report=SOUND)
    other = replace(SOUND, exam=replace(SOUND.exam, accession_number="A2"))
    event = SignEvent(
        event_id="E1",
        action=SignAction.VERIFY,
        accession_number="A2",
        signer=Signer(id="D7", name="测试医师庚"),
        report=other,
        caller="ris",
    )
    with pytest.raises(GateConflict, match=r"E1.*A2"):
        world.store.write(lambda uow: world.journeys.decide_sign.decide(uow, event))
    of_another = replace(event, caller="another")
    gate = world.store.write(lambda uow: world.journeys.decide_sign.decide(uow, of_another)).gate
    assert gate.accession_number == "A2", "each caller counts its own clicks"
