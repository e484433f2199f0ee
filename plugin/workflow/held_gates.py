"""What becomes of a decision: its form is opened again, its time is over, or somebody signs over it."""

from __future__ import annotations

from dataclasses import dataclass, field

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import FOR_ANOTHER, Decision, Gate, GateState
from plugin.workflow.announce import Announce
from plugin.workflow.gate_jobs import call_back_job, expiry_key
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.tickets import new_ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGates:
    """Gates as they stand, after :class:`~plugin.workflow.decide_sign.DecideSign` and before the form is filled."""

    around: Surroundings
    announce: Announce = field(default_factory=Announce)

    def state(self, uow: UnitOfWork, gate_id: str) -> Gate:
        """The gate as it stands."""
        gate = uow.gates.get(gate_id)
        if gate is None:
            raise UnknownReport(f"no gate {gate_id}")
        return gate

    def new_ticket(self, uow: UnitOfWork, gate_id: str, user_id: str) -> str:
        """A fresh single-use ticket to open the form of a gate again.

        Raises
        ------
        GateConflict
            When the form has been filled already.
        """
        gate = self.state(uow, gate_id)
        if gate.signer.id != user_id:
            raise UnknownReport(f"no gate {gate_id} of {user_id}")
        if gate.reason in FOR_ANOTHER:
            raise NotAllowed("somebody else scores this examination")
        if gate.state is not GateState.HELD and not gate.owed:
            raise GateConflict(
                "nothing is owed for this gate: its form has been filled, or none was asked for"
            )
        return new_ticket(uow, self.around, gate)

    def override(self, uow: UnitOfWork, gate_id: str, actor: str, reason: str) -> Gate:
        """Release in an emergency, or sign over a ``fix``; audited, and a drawn form stays owed."""
        if not reason.strip():
            raise InvalidInput("reason", "an emergency release needs its reason")
        gate = self.state(uow, gate_id)
        if gate.state is GateState.OVERRIDDEN:
            return gate
        if gate.state is not GateState.HELD and gate.decision is not Decision.FIX:
            raise GateConflict(f"the gate is {gate.state or gate.decision}; there is nothing to override")
        owed = gate.state is GateState.HELD
        uow.gates.move(gate_id, gate.state, GateState.OVERRIDDEN, owed=owed)
        uow.outbox.cancel(expiry_key(gate_id))
        uow.outbox.enqueue(call_back_job(gate_id, GateState.OVERRIDDEN))
        self.announce.let_go(uow, gate)
        now = self.around.clock()
        uow.audit.append(now, actor, "gate.override", gate_id, {"reason": reason})
        return self.state(uow, gate_id)

    def expire(self, uow: UnitOfWork, gate_id: str) -> None:
        """The hold time is over: the report is released, its form stays owed."""
        gate = uow.gates.get(gate_id)
        if gate is None or gate.state is not GateState.HELD:
            return
        uow.gates.move(gate_id, GateState.HELD, GateState.EXPIRED, owed=True)
        uow.outbox.enqueue(call_back_job(gate_id, GateState.EXPIRED))
        self.announce.let_go(uow, gate)
