"""Examinations with what was found in their reports, said of them, and done for them."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import func, or_, select

from plugin.domain.gate import SignAction, event_beside
from plugin.domain.issue import Severity
from plugin.domain.listing import MAX_PAGE, ExamRow, Listing, Page, ReportVersion, ScoredRow
from plugin.domain.report import Report
from plugin.domain.scoring import ScoreSheet, ScoringMode
from plugin.store.codec import from_json, from_us, to_us
from plugin.store.link import Prepared, Row, given
from plugin.store.paging import Where, read_page, there
from plugin.store.reports import issues_of
from plugin.store.tables.alerts import alerts
from plugin.store.tables.exams import exams
from plugin.store.tables.gates import gates
from plugin.store.tables.jobs import jobs
from plugin.store.tables.reports import issues, reports
from plugin.store.tables.sheets import sheets
from plugin.store.unit_of_work import SqlUnitOfWork

e = exams.c

_VERSIONS = Prepared(
    select(reports.c.id, reports.c.body, reports.c.source, reports.c.kept_at, reports.c.rulebook)
    .where(reports.c.accession_number == given("of_accession"))
    .order_by(reports.c.report_key.desc(), reports.c.id.desc())
)
_COUNTS = Prepared(
    select(issues.c.severity, func.count())
    .select_from(exams.join(issues, issues.c.report_id == e.report_id))
    .where(e.accession_number == given("of_accession"))
    .group_by(issues.c.severity)
)
_LACKS_FIELD = Prepared(
    select(issues.c.id)
    .select_from(exams.join(issues, issues.c.report_id == e.report_id))
    .where(e.accession_number == given("of_accession"), issues.c.rule == "missing_field")
    .limit(1)
)
_EXAM = Prepared(select(e.modality, e.exam_item).where(e.accession_number == given("of_accession")))
_AMENDED: Final = select(sheets.c.amends).where(sheets.c.amends != "")
_SCORED = Prepared(
    select(sheets.c.sheet_id)
    .where(
        sheets.c.scored_at >= given("since"),
        sheets.c.scored_at < given("until"),
        sheets.c.sheet_id.not_in(_AMENDED),
    )
    .order_by(sheets.c.scored_at)
)
_GATES_OF = Prepared(select(gates.c.gate_id).where(gates.c.accession_number == given("of_accession")))
_ALERTS_OF = Prepared(select(alerts.c.alert_id).where(alerts.c.accession_number == given("of_accession")))


def list_exams(uow: SqlUnitOfWork, text: str, page: Page) -> Listing[ExamRow]:
    """Newest report first; `text` is the whole accession number, patient ID or name, or empty."""
    where = Where()
    if text:
        known_by = (e.accession_number, e.patient_id, e.patient_name)
        where.add(or_(*(column == given("text") for column in known_by)), text=text)
    columns = (
        e.accession_number, e.patient_id, e.patient_name, e.modality, e.exam_item, e.department,
        e.report_status, reports.c.kept_at,
    )  # fmt: skip
    return read_page(
        uow,
        page,
        columns,
        (func.coalesce(reports.c.kept_at, 0), e.accession_number),
        lambda row: _exam_row(uow, row),
        where,
        exams.outerjoin(reports, reports.c.id == e.report_id),
    )


def _exam_row(uow: SqlUnitOfWork, found: Row) -> ExamRow:
    accession, patient_id, name, modality, item, department, status, kept_at = found
    counts = {row[0]: row[1] for row in uow.link.rows(_COUNTS, {"of_accession": accession})}
    return ExamRow(
        accession_number=accession,
        patient_id=patient_id,
        patient_name=name,
        modality=modality,
        exam_item=item,
        department=department,
        report_status=status,
        changed_at=None if kept_at is None else from_us(kept_at),
        errors=counts.get(Severity.ERROR.value, 0),
        warnings=counts.get(Severity.WARNING.value, 0),
    )


def report_versions(uow: SqlUnitOfWork, accession_number: str) -> list[ReportVersion]:
    """All versions, the newest first."""
    found = uow.link.rows(_VERSIONS, {"of_accession": accession_number})
    return [
        ReportVersion(
            number=len(found) - index,
            report=from_json(Report, body),
            issues=issues_of(uow.link, report_id),
            source=source,
            received_at=from_us(kept_at),
            rulebook=rulebook,
        )
        for index, (report_id, body, source, kept_at, rulebook) in enumerate(found)
    ]


def scored_rows(uow: SqlUnitOfWork, since: datetime, until: datetime) -> list[ScoredRow]:
    """Sheets of this time that were not amended, each with its examination."""
    found = uow.link.rows(_SCORED, {"since": to_us(since), "until": to_us(until)})
    return [_scored(uow, there(uow.sheets.get(row[0]))) for row in found]


def _scored(uow: SqlUnitOfWork, sheet: ScoreSheet) -> ScoredRow:
    of_exam = {"of_accession": sheet.accession_number}
    modality, exam_item = uow.link.row(_EXAM, of_exam) or ("", "")
    lacking = uow.link.row(_LACKS_FIELD, of_exam) is not None
    return ScoredRow(
        sheet=sheet,
        modality=modality,
        exam_item=exam_item,
        missing_field=lacking,
        inclusion=_inclusion(uow, sheet) if sheet.mode in _DRAWN else None,
    )


_DRAWN = frozenset((ScoringMode.RANDOM, ScoringMode.REVIEW))
"""Modes of sheets that a draw asks for: of the signer, or of another to whom his own work was handed on."""


def _inclusion(uow: SqlUnitOfWork, sheet: ScoreSheet) -> float | None:
    """Probability of the draw that asked for the form of this sheet."""
    of_study = [gate for action in SignAction for gate in uow.gates.for_study(sheet.accession_number, action)]
    for gate in of_study:
        if gate.draw and gate.draw.drawn:
            handed_on = [each for each in of_study if each.event_id == event_beside(gate.gate_id)]
            if any(sheet.form_id in each.forms for each in (gate, *handed_on)):
                return gate.draw.inclusion
    return None


def job_numbers(uow: SqlUnitOfWork, accession_number: str) -> list[int]:
    """Newest first.  A lane ends with what it is about: the examination, or a gate or alert of it."""
    of_exam = {"of_accession": accession_number}
    about = [accession_number]
    about += [row[0] for kind in (_GATES_OF, _ALERTS_OF) for row in uow.link.rows(kind, of_exam)]
    lanes = or_(*(jobs.c.lane.endswith(f":{thing}", autoescape=True) for thing in about))
    newest = select(jobs.c.id).where(lanes).order_by(jobs.c.id.desc()).limit(MAX_PAGE)
    return [row[0] for row in uow.link.rows(Prepared(newest), {})]
