"""A failing score is put right, by one, and found so by another."""

from __future__ import annotations

import pytest

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed
from plugin.domain.review import Correction, CorrectionState
from plugin.domain.scoring import FormAnswers
from tests.unit.workflow.conftest import SOUND, World

AUTHOR, HEAD = frozenset({"D1", "测试医师甲"}), frozenset({"H1"})


@pytest.fixture
def correction(world: World) -> Correction:
    world.policy(1.0)
    ticket = world.sign(report=SOUND).ticket
    submit = world.journeys.submit_score
    token = world.store.write(lambda uow: submit.opening.redeem(uow, ticket)).form_token
    fails = FormAnswers(present=frozenset({"RPT-F1"}), reasons={"RPT-F1": "漏诊"})
    result = world.store.write(lambda uow: submit.submit(uow, token, {"report": fails}))
    world.clock.advance(minutes=2)
    world.store.write(lambda uow: submit.settling(uow, [sheet.sheet_id for sheet in result.sheets]))
    (opened,) = world.store.read(lambda uow: uow.reviews.corrections(CorrectionState.OPEN))
    return opened


def test_a_failing_score_opens_one_with_a_due_date(world: World, correction: Correction) -> None:
    assert (correction.person_id, correction.form_id, correction.grade) == ("D1", "report", "不合格")
    assert (correction.due_at - correction.opened_at).days == 7
    assert not correction.late(world.clock())
    world.clock.advance(days=8)
    assert correction.late(world.clock())


def test_it_is_answered_sent_back_answered_and_closed(world: World, correction: Correction) -> None:
    journeys, number = world.journeys.modes.corrections, correction.correction_id
    for step, names, state in (
        (journeys.answer, AUTHOR, CorrectionState.ANSWERED),
        (journeys.send_back, HEAD, CorrectionState.OPEN),
        (journeys.answer, AUTHOR, CorrectionState.ANSWERED),
        (journeys.close, HEAD, CorrectionState.CLOSED),
    ):
        moved = world.store.write(
            lambda uow, step=step, names=names: step(uow, number, min(names), names, "已补充")
        )
        assert moved.state is state
    assert [step.actor for step in moved.steps[1:]] == ["D1", "H1", "D1", "H1"]
    with pytest.raises(GateConflict, match="closed"):
        world.store.write(lambda uow: journeys.close(uow, number, "H1", HEAD, "再次"))


def test_the_person_answers_and_another_closes(world: World, correction: Correction) -> None:
    journeys, number = world.journeys.modes.corrections, correction.correction_id
    with pytest.raises(NotAllowed):
        world.store.write(lambda uow: journeys.answer(uow, number, "H1", HEAD, "x"))
    with pytest.raises(NotAllowed):
        world.store.write(lambda uow: journeys.close(uow, number, "D1", AUTHOR, "x"))
    with pytest.raises(InvalidInput, match="note"):
        world.store.write(lambda uow: journeys.answer(uow, number, "D1", AUTHOR, " "))
