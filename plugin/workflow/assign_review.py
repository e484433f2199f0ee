"""Readings beside the draw: 主动, 集中, 双评, objections and amendments (T/CSBME 7.2.1, 7.3.1).

Each reading is an owed form (a gate with the action ``review``), so that the popup, its
tickets and its drafts serve all modes alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import Decision, Gate, SignAction, Signer
from plugin.domain.report import Report
from plugin.domain.review import Assignment, Objection, Purpose, ReviewSession, SessionKind
from plugin.domain.scoring import FormKind, ScoreSheet
from plugin.domain.staff import StaffRole
from plugin.rules.assignment import Wanted, choose
from plugin.rules.rights import Rights
from plugin.rules.scoring import Forms
from plugin.workflow.fill_sheets import assessed
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

MOST_ITEMS = 200
"""A session of more examinations is two sessions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignReview:
    """Who is to score what, and the owed form that lets him."""

    forms: Forms
    rights: Rights
    around: Surroundings

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
            if same and each.reader.id == reader.id and self._is_owed(uow, each):
                return each
        self.check(uow, accession_number, reader, forms)
        return self._assign(uow, accession_number, reader, forms, Purpose.ACTIVE, reader.id)

    def amend(self, uow: UnitOfWork, sheet_id: str, reader: Signer) -> Assignment:
        """Score one form again; the new sheet replaces the old one, which is kept.

        Raises
        ------
        UnknownReport
            No such sheet.
        GateConflict
            It was replaced already; amend the one that stands.
        """
        sheet = self._standing(uow, sheet_id)
        self.check(uow, sheet.accession_number, reader, (sheet.form_id,))
        return self._assign(
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
        self._check_forms(forms)
        session = ReviewSession(
            session_id=self.around.mint.id(),
            title=title.strip(),
            kind=kind,
            forms=tuple(forms),
            items=chosen,
            created_by=by,
            created_at=self.around.clock(),
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
        self.check(uow, accession_number, reader, session.forms)
        return self._assign(
            uow,
            accession_number,
            reader,
            session.forms,
            Purpose.COLLECTIVE,
            session.created_by,
            session_id=session_id,
            blind=session.blind,
        )

    def double(
        self, uow: UnitOfWork, accession_number: str, forms: Sequence[str], by: str
    ) -> tuple[Assignment, ...]:
        """双评: two seniors read it, blind to names and to each other (7.3.1).

        Raises
        ------
        GateConflict
            When fewer than two may read it; the staff table or the quotas must give.
        """
        self._check_forms(forms)
        readers = self._readers(uow, accession_number, forms, frozenset(), 2)
        if len(readers) < 2:
            raise GateConflict(
                f"{len(readers)} of two seniors may read this: see specialty, quota and availability "
                "in the staff table"
            )
        round_id = self.around.mint.id()
        return tuple(
            self._assign(
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
        readers = self._readers(uow, one.accession_number, forms, involved, 1)
        if not readers:
            return None
        return self._assign(
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
        sheet = self._standing(uow, sheet_id)
        if (sheet.assessed_id or sheet.assessed_name or "\x00") not in names:
            raise NotAllowed("only the person whose work was scored may object")
        if not reason.strip():
            raise InvalidInput("reason", "an objection needs its reason")
        if uow.reviews.objection(sheet_id) is not None:
            raise GateConflict("an objection to this score was made already; there is one")
        first = frozenset({sheet.scorer_id, sheet.scorer_name})
        readers = self._readers(uow, sheet.accession_number, (sheet.form_id,), first, 1)
        if not readers:
            raise GateConflict("nobody in the staff table may give a second reading now; tell the head")
        round_id, now = self.around.mint.id(), self.around.clock()
        amends = {sheet.form_id: sheet.sheet_id}
        # The score that stands sits in the first seat; it is owed by nobody.
        uow.reviews.save(
            Assignment(
                assignment_id=self.around.mint.id(),
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
        self._assign(
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

    def check(self, uow: UnitOfWork, accession_number: str, reader: Signer, forms: Sequence[str]) -> None:
        """Refuse what a role may not score, and one's own work (decisions 1).

        Raises
        ------
        NotAllowed
            Naming the form.
        """
        self._check_forms(forms)
        report = self._report(uow, accession_number)
        known = uow.exams.order(accession_number)
        order = known[0] if known else None
        role = StaffRole(reader.role)
        for form_id in forms:
            if not self.rights.may_score(role, form_id):
                raise NotAllowed(f"the role {role.value} may not fill {form_id}")
            own = set(assessed(self.forms.get(form_id), report, order)) & ({reader.id, reader.name} - {""})
            if own and form_id not in self.rights.own_work:
                raise NotAllowed("nobody scores his own work")

    def _check_forms(self, forms: Sequence[str]) -> None:
        if not forms or len(set(forms)) != len(forms):
            raise InvalidInput("forms", "choose one form or more, each once")
        for form_id in forms:
            if self.forms.get(form_id).kind is FormKind.POINTS:
                raise InvalidInput("forms", f"{form_id} is not filled for an examination")

    def _readers(
        self,
        uow: UnitOfWork,
        accession_number: str,
        forms: Sequence[str],
        involved: frozenset[str],
        count: int,
    ) -> list[Signer]:
        report = self._report(uow, accession_number)
        local = self.around.clock().astimezone(self.around.zone)
        month = local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        members = uow.staff.all()
        wanted = Wanted(
            forms=tuple(forms),
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

    def _assign(
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
        if not reader.id:
            raise InvalidInput("reader", "the account has no staff ID; an administrator enters it")
        report, now = self._report(uow, accession_number), self.around.clock()
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
        uow.audit.append(now, by, f"review.{purpose.value}", assignment_id, {"reader": reader.id})
        return assignment

    def _is_owed(self, uow: UnitOfWork, reading: Assignment) -> bool:
        gate = uow.gates.get(reading.gate_id)
        return gate is not None and gate.owed

    def _standing(self, uow: UnitOfWork, sheet_id: str) -> ScoreSheet:
        sheet = uow.sheets.get(sheet_id)
        if sheet is None:
            raise UnknownReport("no such score sheet")
        if any(each.amends == sheet_id for each in uow.sheets.for_exam(sheet.accession_number)):
            raise GateConflict("this score was replaced already; look at the one that stands")
        return sheet

    def _report(self, uow: UnitOfWork, accession_number: str) -> Report:
        report = uow.reports.latest(accession_number)
        if report is None:
            raise UnknownReport(f"no report of {accession_number} has arrived; there is nothing to score")
        return report
