"""A reading beside the draw: who may do it, and the owed form that lets him.

Each reading is an owed form (a gate with the action ``review``), so that the popup, its
tickets and its drafts serve all modes alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import Decision, Gate, SignAction, Signer
from plugin.domain.report import Report
from plugin.domain.review import ADJUDICATED, Assignment, Purpose
from plugin.domain.scoring import ScoreSheet
from plugin.domain.staff import StaffRole
from plugin.rules.assignment import Wanted, choose
from plugin.rules.rights import Rights
from plugin.rules.scoring import Forms
from plugin.workflow.fill_sheets import assessed
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.tell_people import TellPeople

GIVEN = ADJUDICATED | {Purpose.RANDOM}
"""Readings that nobody asked for himself; the reader is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeReading:
    """Makes the one task that all modes share: a person, an examination, its forms."""

    forms: Forms
    rights: Rights
    around: Surroundings
    tell: TellPeople

    def check(self, uow: UnitOfWork, accession_number: str, reader: Signer, forms: Sequence[str]) -> None:
        """Refuse what a role may not score, and one's own work (decisions 1).

        Raises
        ------
        NotAllowed
            Naming the form.
        """
        self.check_forms(forms)
        report = self.report(uow, accession_number)
        known = uow.exams.order(accession_number)
        order = known[0] if known else None
        role = StaffRole(reader.role)
        for form_id in forms:
            if not self.rights.may_score(role, form_id):
                raise NotAllowed(f"the role {role.value} may not fill {form_id}")
            own = set(assessed(self.forms.get(form_id), report, order)) & ({reader.id, reader.name} - {""})
            if own and form_id not in self.rights.own_work:
                raise NotAllowed("nobody scores his own work")

    def check_forms(self, forms: Sequence[str]) -> None:
        if not forms or len(set(forms)) != len(forms):
            raise InvalidInput("forms", "choose one form or more, each once")
        for form_id in forms:
            if not self.forms.get(form_id).scores_examination:
                raise InvalidInput("forms", f"{form_id} is not filled for an examination")

    def readers(
        self,
        uow: UnitOfWork,
        accession_number: str,
        forms: Sequence[str],
        involved: frozenset[str],
        count: int,
        *,
        senior: bool = True,
    ) -> list[Signer]:
        """Up to `count` people of the staff table who may score these forms and had no hand in the work."""
        report = self.report(uow, accession_number)
        local = self.around.clock().astimezone(self.around.zone)
        month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        members = uow.staff.all()
        wanted = Wanted(
            forms=tuple(forms),
            senior=senior,
            involved=involved
            | {
                report.author_id,
                report.author,
                report.verifier_id,
                report.verifier,
                report.modified_by,
                report.exam.technician,
            },
            traits=(report.exam.modality, report.exam.body_part, report.exam.exam_item),
        )
        loads = {each.staff_id: uow.reviews.load(each.staff_id, month) for each in members}
        chosen = choose(members, wanted, self.rights, loads, count)
        return [Signer(id=each.staff_id, name=each.name, role=each.role.value) for each in chosen]

    def __call__(
        self,
        uow: UnitOfWork,
        accession_number: str,
        reader: Signer,
        forms: Sequence[str],
        purpose: Purpose,
        by: str,
        *,
        round_id: str = "",
        seat: int = 1,
        blind: bool = False,
        session_id: str = "",
        amends: dict[str, str] | None = None,
    ) -> Assignment:
        """Keep the task and its owed form.

        Raises
        ------
        InvalidInput
            When the reader's account names no member of the staff.
        """
        if not reader.id:
            raise InvalidInput("reader", "the account has no staff ID; an administrator enters it")
        report, now = self.report(uow, accession_number), self.around.clock()
        assignment_id = self.around.mint.id()
        gate = Gate(
            gate_id=self.around.mint.id(),
            event_id=f"review:{assignment_id}",
            accession_number=accession_number,
            action=SignAction.REVIEW,
            signer=reader,
            decision=Decision.RELEASE,
            reason=purpose.value,
            draw=None,
            text_digest=report.text_digest,
            decided_at=now,
            forms=tuple(forms),
            owed=True,
        )
        uow.gates.add(gate)
        assignment = Assignment(
            assignment_id=assignment_id,
            round_id=round_id or self.around.mint.id(),
            accession_number=accession_number,
            forms=tuple(forms),
            purpose=purpose,
            reader=reader,
            gate_id=gate.gate_id,
            assigned_at=now,
            assigned_by=by,
            seat=seat,
            blind=blind,
            session_id=session_id,
            amends={form: sheet for form, sheet in (amends or {}).items() if form in forms},
        )
        uow.reviews.save(assignment)
        if purpose in GIVEN:
            self.tell.assigned(uow, assignment)
        uow.audit.append(now, by, f"review.{purpose.value}", assignment_id, {"reader": reader.id})
        return assignment

    def is_owed(self, uow: UnitOfWork, reading: Assignment) -> bool:
        """The form of a reading is still to be filled."""
        gate = uow.gates.get(reading.gate_id)
        return gate is not None and gate.owed

    def standing(self, uow: UnitOfWork, sheet_id: str) -> ScoreSheet:
        """A sheet that no other replaces.

        Raises
        ------
        UnknownReport
            No such sheet.
        GateConflict
            It was replaced already.
        """
        sheet = uow.sheets.get(sheet_id)
        if sheet is None:
            raise UnknownReport("no such score sheet")
        if any(each.amends == sheet_id for each in uow.sheets.for_exam(sheet.accession_number)):
            raise GateConflict("this score was replaced already; look at the one that stands")
        return sheet

    def report(self, uow: UnitOfWork, accession_number: str) -> Report:
        report = uow.reports.latest(accession_number)
        if report is None:
            raise UnknownReport(f"no report of {accession_number} has arrived; there is nothing to score")
        return report
