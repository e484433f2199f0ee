"""稍后: the person puts the popup off; the report goes, its form is owed (decisions 3, 5)."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.domain.errors import GateConflict
from plugin.domain.gate import Gate, GateState
from plugin.rules.sampling.draws import shift_start
from plugin.workflow.gate_jobs import expiry_key
from plugin.workflow.held_gates import HeldGates
from plugin.workflow.open_form import OpenForms
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """A few times a shift, by the shifts of the live policy.

    Parameters
    ----------
    per_shift
        How often; 0 switches it off.
    """

    held: HeldGates
    opening: OpenForms
    per_shift: int = 2

    def left(self, uow: UnitOfWork, gate: Gate, user_id: str) -> int:
        """How many more times this person may in this shift; 0 for a gate that holds nothing."""
        if gate.state is not GateState.HELD or not self.per_shift:
            return 0
        around = self.held.around
        now = around.clock()
        policy = uow.policies.live(now)
        if policy is None:
            return 0
        since = shift_start(policy.caps, now.astimezone(around.zone))
        return max(0, self.per_shift - uow.gates.laters_of(user_id, since))

    def __call__(self, uow: UnitOfWork, form_token: str) -> Gate:
        """Let the report go as an expired gate does, and count it; a second click changes nothing.

        Raises
        ------
        NotAuthentic
            When the form token is unknown or expired.
        GateConflict
            When the form is filled already, or the shift's number is used up.
        """
        gate, user_id = self.opening.holder(uow, form_token)
        if gate.state is GateState.EXPIRED and gate.owed:
            return gate
        if not self.left(uow, gate, user_id):
            raise GateConflict("this popup cannot be put off any more in this shift; fill the form in")
        now = self.held.around.clock()
        uow.gates.add_later(gate.gate_id, user_id, now)
        uow.outbox.cancel(expiry_key(gate.gate_id))
        self.held.expire(uow, gate.gate_id)
        uow.audit.append(now, user_id, "gate.later", gate.gate_id, {})
        return self.held.state(uow, gate.gate_id)
