"""Readings by one person beside the draw: 主动, 集中, and amendments (T/CSBME 7.2.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.gate import Signer
from plugin.domain.review import Assignment, Purpose, ReviewSession, SessionKind
from plugin.workflow.make_reading import MakeReading
from plugin.workflow.ports.unit_of_work import UnitOfWork

MOST_ITEMS = 200
"""A session of more examinations is two sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignReview:
    """Who is to score what, alone or in a session."""

    making: MakeReading

    def active(
        self, uow: UnitOfWork, accession_number: str, reader: Signer, forms: Sequence[str]
    ) -> Assignment:
        """主动质控: `reader` scores an examination because he wants to.

        An unfinished reading of the same forms is gone on with.

        Raises
        ------
        UnknownReport
            When no report of it has arrived.
        NotAllowed
            When his role may not fill one of the forms, or it is his own work.
        """
        for each in uow.reviews.of_exam(accession_number):
            same = each.purpose is Purpose.ACTIVE and each.forms == tuple(forms)
            if same and each.reader.id == reader.id and self.making.is_owed(uow, each):
                return each
        self.making.check(uow, accession_number, reader, forms)
        return self.making(uow, accession_number, reader, forms, Purpose.ACTIVE, reader.id)

    def amend(self, uow: UnitOfWork, sheet_id: str, reader: Signer) -> Assignment:
        """Score one form again; the new sheet replaces the old one, which is kept.

        Raises
        ------
        UnknownReport
            No such sheet.
        GateConflict
            It was replaced already; amend the one that stands.
        """
        sheet = self.making.standing(uow, sheet_id)
        self.making.check(uow, sheet.accession_number, reader, (sheet.form_id,))
        return self.making(
            uow,
            sheet.accession_number,
            reader,
            (sheet.form_id,),
            Purpose.AMENDMENT,
            reader.id,
            amends={sheet.form_id: sheet.sheet_id},
        )

    def start_session(
        self,
        uow: UnitOfWork,
        *,
        title: str,
        kind: SessionKind,
        forms: Sequence[str],
        items: Sequence[str],
        by: str,
        blind: bool = False,
    ) -> ReviewSession:
        """集中质控: the examinations that are scored one by one, in this order.

        Raises
        ------
        InvalidInput
            Without a title, forms or examinations, or with too many.
        """
        chosen = tuple(dict.fromkeys(items))
        if not title.strip():
            raise InvalidInput("title", "a session has a title")
        if not 1 <= len(chosen) <= MOST_ITEMS:
            raise InvalidInput("items", f"a session has 1 to {MOST_ITEMS} examinations")
        self.making.check_forms(forms)
        session = ReviewSession(
            session_id=self.making.around.mint.id(),
            title=title.strip(),
            kind=kind,
            forms=tuple(forms),
            items=chosen,
            created_by=by,
            created_at=self.making.around.clock(),
            blind=blind,
        )
        uow.reviews.add_session(session)
        uow.audit.append(
            session.created_at, by, "session.planned", session.session_id, {"items": str(len(chosen))}
        )
        return session

    def item(self, uow: UnitOfWork, session_id: str, number: int, reader: Signer) -> Assignment:
        """The reading of the session's item `number` (from 0), begun or gone on with by `reader`.

        Raises
        ------
        GateConflict
            When it is scored already.
        """
        session = uow.reviews.session(session_id)
        if session is None or not 0 <= number < len(session.items):
            raise UnknownReport("no such session, or it has no such examination")
        accession_number = session.items[number]
        for each in uow.reviews.of_session(session_id):
            if each.accession_number == accession_number:
                if each.done:
                    raise GateConflict("this examination is scored already; amend its sheet instead")
                if each.reader.id == reader.id:
                    return each
        self.making.check(uow, accession_number, reader, session.forms)
        return self.making(
            uow,
            accession_number,
            reader,
            session.forms,
            Purpose.COLLECTIVE,
            session.created_by,
            session_id=session_id,
            blind=session.blind,
        )
