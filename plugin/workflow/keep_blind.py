"""What a blind reader must not look up: pages on which the names stand that his form hides (T/CSBME 7.3.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from plugin.domain.gate import Signer
from plugin.domain.review import ReviewSession
from plugin.domain.staff import StaffRole
from plugin.rules.rights import Rights
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import UnitOfWork

SESSION_TIME = timedelta(days=14)
"""A blind session that nobody has finished by then keeps no page closed any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepBlind:
    """Says which examinations are closed to a person, beside the form itself."""

    rights: Rights
    clock: Clock

    def closed(self, uow: UnitOfWork, reader: Signer) -> frozenset[str]:
        """Accession numbers that this person is to read blind, or may, and that are not filed yet."""
        if not reader.id:
            return frozenset()
        own = {each.accession_number for each in uow.reviews.open_of(reader.id) if each.blind}
        for session in uow.reviews.sessions():
            if session.blind and self.clock() - session.created_at < SESSION_TIME:
                own |= self._unread(uow, session, reader)
        return frozenset(own)

    def _unread(self, uow: UnitOfWork, session: ReviewSession, reader: Signer) -> set[str]:
        """Items of a session which this person could score as well as anybody."""
        if not all(self.rights.may_score(StaffRole(reader.role), form) for form in session.forms):
            return set()
        done = {each.accession_number for each in uow.reviews.of_session(session.session_id) if each.done}
        return set(session.items) - done
