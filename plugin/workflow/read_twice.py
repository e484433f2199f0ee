"""双评: two seniors read independently, a third where they differ; an objection asks for the same (T/CSBME 7.3.1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed
from plugin.domain.gate import Signer
from plugin.domain.review import Assignment, Objection, Purpose
from plugin.workflow.make_reading import MakeReading
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTwice:
    """Chooses the readers of a round from the staff table; all of them read blind."""

    making: MakeReading

    def double(
        self, uow: UnitOfWork, accession_number: str, forms: Sequence[str], by: str
    ) -> tuple[Assignment, ...]:
        """双评: two seniors read it, blind to names and to each other (7.3.1).

        Raises
        ------
        GateConflict
            When fewer than two may read it; the staff table or the quotas must give.
        """
        self.making.check_forms(forms)
        readers = self.making.readers(uow, accession_number, forms, frozenset(), 2)
        if len(readers) < 2:
            raise GateConflict(
                f"{len(readers)} of two seniors may read this: see specialty, quota and availability "
                "in the staff table"
            )
        round_id = self.making.around.mint.id()
        return tuple(
            self.making(
                uow,
                accession_number,
                reader,
                forms,
                Purpose.DOUBLE,
                by,
                round_id=round_id,
                seat=seat,
                blind=True,
            )
            for seat, reader in enumerate(readers, 1)
        )

    def third(
        self, uow: UnitOfWork, one: Assignment, other: Assignment, forms: Sequence[str]
    ) -> Assignment | None:
        """Ask the third reader about the forms on which two differ; ``None`` while nobody may."""
        involved = frozenset({one.reader.id, one.reader.name, other.reader.id, other.reader.name})
        readers = self.making.readers(uow, one.accession_number, forms, involved, 1)
        if not readers:
            return None
        return self.making(
            uow,
            one.accession_number,
            readers[0],
            forms,
            one.purpose,
            other.assigned_by,
            round_id=one.round_id,
            seat=3,
            blind=True,
            amends=one.amends,
        )

    def object_to(
        self, uow: UnitOfWork, sheet_id: str, names: frozenset[str], actor: str, reason: str
    ) -> Objection:
        """申诉: the assessed person, once, asks for a second reading of one sheet.

        Parameters
        ----------
        names
            Identifier and name of the person.

        Raises
        ------
        NotAllowed
            When the sheet is not about him.
        GateConflict
            When he has objected already, or nobody may read it.
        """
        sheet = self.making.standing(uow, sheet_id)
        if (sheet.assessed_id or sheet.assessed_name or "\x00") not in names:
            raise NotAllowed("only the person whose work was scored may object")
        if not reason.strip():
            raise InvalidInput("reason", "an objection needs its reason")
        if uow.reviews.objection(sheet_id) is not None:
            raise GateConflict("an objection to this score was made already; there is one")
        first = frozenset({sheet.scorer_id, sheet.scorer_name})
        readers = self.making.readers(uow, sheet.accession_number, (sheet.form_id,), first, 1)
        if not readers:
            raise GateConflict("nobody in the staff table may give a second reading now; tell the head")
        round_id, now = self.making.around.mint.id(), self.making.around.clock()
        amends = {sheet.form_id: sheet.sheet_id}
        # The score that stands sits in the first seat; it is owed by nobody.
        uow.reviews.save(
            Assignment(
                assignment_id=self.making.around.mint.id(),
                round_id=round_id,
                accession_number=sheet.accession_number,
                forms=(sheet.form_id,),
                purpose=Purpose.OBJECTION,
                reader=Signer(id=sheet.scorer_id, name=sheet.scorer_name, role=sheet.scorer_role),
                gate_id="",
                assigned_at=now,
                assigned_by=actor,
                amends=amends,
                done_at=sheet.scored_at,
                answers={sheet.form_id: sheet.answers},
                results={sheet.form_id: sheet.result},
            )
        )
        self.making(
            uow,
            sheet.accession_number,
            readers[0],
            (sheet.form_id,),
            Purpose.OBJECTION,
            actor,
            round_id=round_id,
            seat=2,
            blind=True,
            amends=amends,
        )
        objection = Objection(sheet_id=sheet_id, by=actor, reason=reason.strip(), at=now, round_id=round_id)
        uow.reviews.add_objection(objection)
        uow.audit.append(now, actor, "score.objected", sheet_id, {})
        return objection
