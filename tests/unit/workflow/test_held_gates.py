"""What becomes of a held report: its time is over, its form is opened again, or somebody signs over it."""

from __future__ import annotations

import pytest

from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.gate import GateState
from plugin.workflow.held_gates import HeldGates
from tests.unit.workflow.conftest import SOUND, World


def held(world: World) -> HeldGates:
    return world.journeys.decide_sign.held


def test_a_held_gate_expires_released_and_owed(world: World) -> None:
    world.policy(1.0)
    gate = world.sign(report=SOUND).gate
    assert world.jobs() == ["expire_gate"]
    world.store.write(lambda uow: held(world).expire(uow, gate.gate_id))
    after = world.store.read(lambda uow: held(world).state(uow, gate.gate_id))
    assert (after.state, after.owed) == (GateState.EXPIRED, True)
    assert "call_back" in world.jobs()


def test_an_override_needs_a_reason_and_is_audited_once(world: World) -> None:
    world.policy(1.0)
    gate_id = world.sign(report=SOUND).gate.gate_id
    with pytest.raises(InvalidInput, match="reason"):
        world.store.write(lambda uow: held(world).override(uow, gate_id, "D7", " "))
    for _ in range(2):
        gate = world.store.write(lambda uow: held(world).override(uow, gate_id, "D7", "抢救"))
        assert (gate.state, gate.owed) == (GateState.OVERRIDDEN, True)
    assert world.jobs().count("call_back") == 1


def test_a_released_gate_cannot_be_overridden(world: World) -> None:
    world.policy(0.0)
    gate_id = world.sign(report=SOUND).gate.gate_id
    with pytest.raises(GateConflict, match="nothing to override"):
        world.store.write(lambda uow: held(world).override(uow, gate_id, "D7", "抢救"))


def test_its_form_is_opened_again_by_its_signer_while_it_is_owed(world: World) -> None:
    world.policy(1.0)
    answer = world.sign(report=SOUND)
    gate_id, signer = answer.gate.gate_id, answer.gate.signer.id
    assert world.store.write(lambda uow: held(world).new_ticket(uow, gate_id, signer)) != answer.ticket
    with pytest.raises(UnknownReport, match="of somebody"):
        world.store.write(lambda uow: held(world).new_ticket(uow, gate_id, "somebody"))
    with pytest.raises(UnknownReport, match="no gate G404"):
        world.store.write(lambda uow: held(world).new_ticket(uow, "G404", signer))
    world.store.write(lambda uow: held(world).expire(uow, gate_id))
    assert world.store.write(lambda uow: held(world).new_ticket(uow, gate_id, signer))


def test_nothing_is_opened_where_nothing_is_owed(world: World) -> None:
    world.policy(0.0)
    gate = world.sign(report=SOUND).gate
    with pytest.raises(GateConflict, match="nothing is owed"):
        world.store.write(lambda uow: held(world).new_ticket(uow, gate.gate_id, gate.signer.id))
    world.store.write(lambda uow: held(world).expire(uow, gate.gate_id))
    assert world.store.read(lambda uow: held(world).state(uow, gate.gate_id)) == gate
