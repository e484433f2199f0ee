"""同行学习: feedback on a report in free categories; nobody is scored, nothing is sent, nothing falls due."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.domain.department_sheet import DepartmentSheet
from plugin.domain.errors import InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import Signer
from plugin.domain.person_notice import PersonOccasion, Recipient
from plugin.domain.report import Report
from plugin.domain.scoring import FormAnswers, FormKind, ScoringForm
from plugin.domain.staff import StaffRole
from plugin.kit.spreadsheet import Cell, Table
from plugin.rules.rights import Rights
from plugin.rules.scoring import Forms, score
from plugin.workflow.fill_department_sheet import standing
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.tell_people import TellPeople

COLUMNS = ("日期", "检查号", "设备类型", "检查项目", "类别", "意见", "总体意见")
NAMED = ("医师", "反馈人")
"""Columns of a list that names people."""

MOST = 1000
"""Feedback of a month or of a person that is listed."""

HIDDEN = "○○"
"""Stands for a name which somebody wrote into his words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRow:
    """Feedback with what its report was of."""

    sheet: DepartmentSheet
    modality: str
    exam_item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GivePeerFeedback:
    """Journeys of every form of the kind ``categories`` under ``config/scoring``."""

    forms: Forms
    rights: Rights
    around: Surroundings
    tell: TellPeople

    def blanks(self, person: Signer) -> list[ScoringForm]:
        """Forms that this person may fill."""
        role = StaffRole(person.role)
        return [form for form in self._offered() if self.rights.may_score(role, form.form_id)]

    def seen_by(self, person: Signer) -> list[ScoringForm]:
        """Forms of which this person may see what others were told."""
        role = StaffRole(person.role)
        return [form for form in self._offered() if self.rights.may_see(role, form.form_id)]

    def people(self, report: Report, giver: Signer, form_id: str) -> list[Recipient]:
        """Whom feedback on a report may be for: its author and its verifier, but the giver himself."""
        both = (
            Recipient(person_id=report.author_id, name=report.author),
            Recipient(person_id=report.verifier_id, name=report.verifier),
        )
        own = form_id in self.rights.own_work
        return [
            each
            for each in dict.fromkeys(both)
            if (each.person_id or each.name) and (own or not {each.person_id, each.name} & _known(giver))
        ]

    def give(
        self,
        uow: UnitOfWork,
        form_id: str,
        accession_number: str,
        about: Recipient,
        giver: Signer,
        answers: FormAnswers,
        amends: str = "",
    ) -> DepartmentSheet:
        """Keep it, and tell the person that it is there.

        Parameters
        ----------
        about
            One of :meth:`people`.
        amends
            Feedback of the same giver on the same examination that it replaces.

        Raises
        ------
        NotAllowed
            The role has no right to the form, or it is another's feedback that is to be replaced.
        UnknownReport
            There is no report, or nothing to replace.
        InvalidInput
            No category; or a person who had no hand in the report, or is the giver.
        GateConflict
            The feedback that is to be replaced was replaced already.
        """
        form = next((each for each in self.blanks(giver) if each.form_id == form_id), None)
        if form is None:
            raise NotAllowed(f"the role {giver.role} may not fill {form_id}")
        report = uow.reports.latest(accession_number)
        if report is None:
            raise UnknownReport(f"no report of {accession_number} is known")
        if about not in self.people(report, giver, form_id):
            raise InvalidInput("about", "is neither author nor verifier of this report, or is yourself")
        if amends:
            former = standing(uow, amends, form_id)
            if former.accession_number != accession_number or not is_giver(giver, former):
                raise NotAllowed("feedback is amended by who gave it, on the same examination")
        now = self.around.clock()
        today = now.astimezone(self.around.zone).date()
        sheet = DepartmentSheet(
            sheet_id=self.around.mint.id(),
            form_id=form_id,
            form_version=form.version,
            first_day=today,
            last_day=today,
            scorer_id=giver.id,
            scorer_name=giver.name,
            scorer_role=giver.role,
            scored_at=now,
            answers=answers,
            result=score(form, answers),
            amends=amends,
            accession_number=accession_number,
            about_id=about.person_id,
            about_name=about.name,
        )
        uow.department_sheets.add(sheet)
        self.tell.tell(
            uow,
            PersonOccasion.PEER_FEEDBACK,
            sheet.sheet_id,
            [about],
            accession_number=accession_number,
            form_id=form_id,
        )
        uow.audit.append(
            now, giver.id or giver.name, "peer_feedback.given", sheet.sheet_id, {"form": form_id}
        )
        return sheet

    def on(self, uow: UnitOfWork, accession_number: str) -> list[DepartmentSheet]:
        """What stands on an examination."""
        found = self._all(uow, holding=accession_number)
        return [sheet for sheet in found if sheet.accession_number == accession_number]

    def to(self, uow: UnitOfWork, person: Recipient) -> list[PeerRow]:
        """What stands for a person; by name alone where the report gave no identifier."""
        found = {
            sheet.sheet_id: sheet
            for each in {person.person_id, person.name} - {""}
            for sheet in self._all(uow, holding=each)
            if _is_about(person, sheet)
        }
        return _rows(uow, sorted(found.values(), key=lambda sheet: sheet.scored_at, reverse=True))

    def of_month(
        self, uow: UnitOfWork, person: Signer, since: datetime, until: datetime, closed: Collection[str] = ()
    ) -> list[PeerRow]:
        """What stands of a month, of the forms that the person may see, but on examinations `closed` to him."""
        found = [
            sheet
            for form in self.seen_by(person)
            for sheet in _standing(uow, form.form_id, since=since, until=until)
            if sheet.accession_number not in closed
        ]
        return _rows(uow, found)

    def table(self, rows: Sequence[PeerRow], *, named: bool = False) -> Table:
        """For the meeting: a line for each category; without names unless they are asked for."""
        lines: list[list[Cell]] = []
        for row in rows:
            sheet = row.sheet
            day = sheet.scored_at.astimezone(self.around.zone).date().isoformat()
            for category, words in self.said(sheet, named=named):
                line: list[Cell] = [day, sheet.accession_number, row.modality, row.exam_item, category, words]
                line.append(spoken(sheet, sheet.answers.comment, named=named))
                lines.append([*line, sheet.about_name, sheet.scorer_name] if named else line)
        return Table(title="同行学习反馈", columns=(*COLUMNS, *(NAMED if named else ())), rows=lines)

    def said(
        self, sheet: DepartmentSheet, *, named: bool = False, english: bool = False
    ) -> list[tuple[str, str]]:
        """Categories and words of a sheet, in the form's order; a category that is no more by its ID."""
        form = self.forms.get(sheet.form_id)
        texts = {each.id: each.text_en if english else each.text for each in form.categories}
        order = [*(each for each in texts if each in sheet.answers.present)]
        order += sorted(sheet.answers.present - set(texts))
        reasons = sheet.answers.reasons
        return [(texts.get(each, each), spoken(sheet, reasons.get(each, ""), named=named)) for each in order]

    def _offered(self) -> list[ScoringForm]:
        return [form for form in self.forms if form.kind is FormKind.CATEGORIES]

    def _all(self, uow: UnitOfWork, holding: str) -> list[DepartmentSheet]:
        return [sheet for form in self._offered() for sheet in _standing(uow, form.form_id, holding=holding)]


def spoken(sheet: DepartmentSheet, words: str, *, named: bool) -> str:
    """Words of the giver; the two people's names are struck out unless they are to be `named`."""
    for name in () if named else (sheet.about_name, sheet.scorer_name):
        words = words.replace(name, HIDDEN) if name else words
    return words


def is_giver(person: Signer, sheet: DepartmentSheet) -> bool:
    return (person.id, person.name) == (sheet.scorer_id, sheet.scorer_name)


def _standing(
    uow: UnitOfWork,
    form_id: str,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    holding: str = "",
) -> list[DepartmentSheet]:
    replaced = uow.department_sheets.replaced(form_id)
    found = uow.department_sheets.of_form(form_id, since, until, holding=holding, limit=MOST)
    return [sheet for sheet in found if sheet.sheet_id not in replaced]


def _is_about(person: Recipient, sheet: DepartmentSheet) -> bool:
    if sheet.about_id:
        return sheet.about_id == person.person_id
    return bool(sheet.about_name) and sheet.about_name == person.name


def _known(person: Signer) -> set[str]:
    return {person.id, person.name} - {""}


def _rows(uow: UnitOfWork, sheets: Sequence[DepartmentSheet]) -> list[PeerRow]:
    rows = []
    for sheet in sheets:
        report = uow.reports.latest(sheet.accession_number)
        exam = report.exam if report else None
        rows.append(
            PeerRow(
                sheet=sheet,
                modality=exam.modality if exam else "",
                exam_item=exam.exam_item if exam else "",
            )
        )
    return rows
