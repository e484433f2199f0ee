"""The form: one link, one result, one release; then SR, call-back and label."""

from __future__ import annotations

import pytest

from plugin.domain.errors import InvalidInput, NotAuthentic
from plugin.domain.gate import GateState, SignAction
from plugin.domain.order import PatientClass
from plugin.domain.scoring import FormAnswers
from tests.unit.workflow.conftest import SOUND, World

IN_ORDER = FormAnswers()


def opened(world: World, action: SignAction = SignAction.VERIFY) -> str:
    world.policy(1.0)
    ticket = world.sign(action=action, report=SOUND).ticket
    return world.store.write(lambda uow: world.journeys.submit_score.opening.redeem(uow, ticket)).form_token


def test_filling_the_form_lets_the_report_go(world: World) -> None:
    token = opened(world)
    result = world.store.write(
        lambda uow: world.journeys.submit_score.submit(uow, token, {"report": IN_ORDER}, 4.2)
    )
    assert result.gate.state is GateState.RELEASED
    assert not result.gate.owed
    sheet = result.sheets[0]
    assert (sheet.result.score, sheet.result.grade, sheet.seconds_to_fill) == (5, "优秀", 4.2)
    assert (sheet.scorer_id, sheet.assessed_id) == ("D7", "D1")
    assert world.jobs() == ["call_back", "settle_score"]
    world.store.write(
        lambda uow: world.journeys.submit_score.settling(uow, [each.sheet_id for each in result.sheets])
    )
    assert "send_sr" in world.jobs()


def test_a_second_submit_gets_the_first_result(world: World) -> None:
    token = opened(world)
    submit = world.journeys.submit_score.submit
    first = world.store.write(lambda uow: submit(uow, token, {"report": IN_ORDER}))
    failing = FormAnswers(present=frozenset({"RPT-F1"}), reasons={"RPT-F1": "漏诊"})
    second = world.store.write(lambda uow: submit(uow, token, {"report": failing}))
    assert second.repeated
    assert second.sheets == first.sheets
    assert world.jobs().count("settle_score") == 1


def test_a_ticket_opens_once(world: World) -> None:
    world.policy(1.0)
    ticket = world.sign(report=SOUND).ticket
    redeem = world.journeys.submit_score.opening.redeem
    world.store.write(lambda uow: redeem(uow, ticket))
    with pytest.raises(NotAuthentic, match="has been used"):
        world.store.write(lambda uow: redeem(uow, ticket))


def test_a_ticket_is_too_old_after_a_minute(world: World) -> None:
    world.policy(1.0)
    ticket = world.sign(report=SOUND).ticket
    world.clock.advance(seconds=61)
    with pytest.raises(NotAuthentic):
        world.store.write(lambda uow: world.journeys.submit_score.opening.redeem(uow, ticket))


def test_both_forms_of_a_submit_are_one_document(world: World) -> None:
    token = opened(world, SignAction.SUBMIT)
    answers = {"request_form": IN_ORDER, "image": IN_ORDER}
    result = world.store.write(lambda uow: world.journeys.submit_score.submit(uow, token, answers))
    assert {sheet.form_id for sheet in result.sheets} == {"request_form", "image"}
    assert len({sheet.sop_instance_uid for sheet in result.sheets}) == 1
    assert world.jobs().count("settle_score") == 1


@pytest.mark.parametrize("answers", [{}, {"report": IN_ORDER, "image": IN_ORDER}])
def test_the_forms_that_were_asked_for_and_no_others(world: World, answers: dict[str, FormAnswers]) -> None:
    token = opened(world)
    with pytest.raises(InvalidInput, match="forms"):
        world.store.write(lambda uow: world.journeys.submit_score.submit(uow, token, answers))


def test_a_form_that_was_owed_is_filled_later_without_a_second_release(world: World) -> None:
    world.policy(1.0)
    world.order(PatientClass.EMERGENCY)
    gate = world.sign(report=SOUND).gate
    ticket = world.store.write(
        lambda uow: world.journeys.decide_sign.held.new_ticket(uow, gate.gate_id, "D7")
    )
    token = world.store.write(lambda uow: world.journeys.submit_score.opening.redeem(uow, ticket)).form_token
    result = world.store.write(
        lambda uow: world.journeys.submit_score.submit(uow, token, {"report": IN_ORDER})
    )
    assert (result.gate.state, result.gate.owed) == (GateState.SCORED, False)
    assert "call_back" not in world.jobs()


def test_an_unknown_token(world: World) -> None:
    with pytest.raises(NotAuthentic, match="expired"):
        world.store.write(lambda uow: world.journeys.submit_score.opening.open(uow, "guess"))


def test_a_form_that_is_owed_says_each_time_how_long_it_stays_open(world: World) -> None:
    world.policy(1.0)
    world.order(PatientClass.EMERGENCY)
    gate = world.sign(report=SOUND).gate
    ticket = world.store.write(
        lambda uow: world.journeys.decide_sign.held.new_ticket(uow, gate.gate_id, "D7")
    )
    opening = world.journeys.submit_score.opening
    first = world.store.write(lambda uow: opening.redeem(uow, ticket))
    world.clock.advance(minutes=5)
    again = world.store.read(lambda uow: opening.open(uow, first.form_token))
    assert again.expires_at == first.expires_at > world.clock()
