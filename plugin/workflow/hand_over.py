"""A drawn examination that its signer is not to score goes to somebody else of the department.

His own work, a form that his role has no right to, or a rule that wants another's eye: the
report goes at once, and the form becomes a reading of whoever may do it and has the least to
do.  Where only some of the forms are such, the signer fills the others and these go.  While
there is nobody, the form stays owed, by no one in particular, and is offered again every morning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from plugin.domain.gate import Decision, Gate, SignAction, event_beside
from plugin.domain.review import Purpose
from plugin.workflow.make_reading import MakeReading
from plugin.workflow.ports.unit_of_work import UnitOfWork

SYSTEM = "signgate"
"""Who gives such readings."""

AT_ONCE = 50
"""Forms that are offered again in one morning: each asks for every colleague, in the one writer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Finds the other person."""

    making: MakeReading

    def __call__(self, uow: UnitOfWork, gate: Gate) -> bool:
        """Give the form of an owed gate away; ``False`` while nobody may take it."""
        signer = frozenset({gate.signer.id, gate.signer.name})
        readers = self.making.readers(uow, gate.accession_number, gate.forms, signer, 1, senior=False)
        if not readers:
            return False
        self.making(uow, gate.accession_number, readers[0], gate.forms, Purpose.RANDOM, SYSTEM)
        uow.gates.no_more_owed(gate.gate_id)
        return True

    def beside(self, uow: UnitOfWork, gate: Gate, forms: tuple[str, ...], why: str) -> None:
        """Give away those forms of `gate`'s draw that its signer is not to fill.

        They are owed by a gate of their own.  The draw stays with the signer's, so that it is
        counted and proved once.
        """
        rest = replace(
            gate,
            gate_id=self.making.around.mint.id(),
            event_id=event_beside(gate.gate_id),
            action=SignAction.REVIEW,
            decision=Decision.RELEASE,
            reason=why,
            draw=None,
            state=None,
            forms=forms,
            expires_at=None,
            owed=True,
        )
        uow.gates.add(rest)
        self(uow, rest)

    def again(self, uow: UnitOfWork) -> int:
        """Offer what nobody could take so far; return how many found somebody."""
        return sum(self(uow, gate) for gate in uow.gates.for_another(AT_ONCE))
