"""Review sessions, assigned readings, objections and corrections."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal_column, or_, select

from plugin.domain.listing import MAX_PAGE, ExamRow
from plugin.domain.report import Report
from plugin.domain.review import (
    ADJUDICATED,
    Assignment,
    Correction,
    CorrectionState,
    ExamFilter,
    Objection,
    ReviewSession,
)
from plugin.domain.scoring import ScoreSheet
from plugin.store.codec import from_json, from_us, to_json, to_us, to_us_or_none
from plugin.store.link import Link, Prepared, given, insert_into, upsert
from plugin.store.sheets import SqlSheets
from plugin.store.tables.exams import exams
from plugin.store.tables.reports import issues, reports
from plugin.store.tables.reviews import assignments, corrections, objections, review_sessions
from plugin.store.tables.sheets import sheets

a, o, k, r, s = assignments.c, objections.c, corrections.c, review_sessions.c, sheets.c

_ADD_SESSION = Prepared(insert_into(review_sessions))
_SESSION = Prepared(select(r.body).where(r.session_id == given("of_id")))
_SESSIONS = Prepared(select(r.body).order_by(r.created_at.desc()).limit(given("at_most")))
_SAVE = Prepared(upsert(assignments))
_BY_GATE = Prepared(select(a.body).where(a.gate_id == given("of_gate")))
_ROUND = Prepared(select(a.body).where(a.round_id == given("of_round")).order_by(a.assigned_at))
_OF_SESSION = Prepared(select(a.body).where(a.session_id == given("of_session")).order_by(a.assigned_at))
_OF_EXAM = Prepared(
    select(a.body).where(a.accession_number == given("of_exam")).order_by(a.assigned_at.desc())
)
_OPEN_OF = Prepared(
    select(a.body).where(a.reader_id == given("of_reader"), a.done_at.is_(None)).order_by(a.assigned_at)
)
_LOAD = Prepared(
    select(func.count()).where(a.reader_id == given("of_reader"), a.assigned_at >= given("since"))
)
_ADJUDICATED = Prepared(
    select(a.body)
    .where(
        a.assigned_at >= given("since"),
        a.assigned_at < given("until"),
        or_(*(a.purpose == purpose.value for purpose in sorted(ADJUDICATED))),
    )
    .order_by(a.assigned_at)
)
_REPORTED = Prepared(
    select(reports.c.body)
    .select_from(exams.join(reports, reports.c.id == exams.c.report_id))
    .where(reports.c.kept_at >= given("since"), reports.c.kept_at < given("until"))
    .order_by(reports.c.kept_at)
)
_REPORTED_NUMBERS = Prepared(
    select(exams.c.accession_number)
    .select_from(exams.join(reports, reports.c.id == exams.c.report_id))
    .where(reports.c.kept_at >= given("since"), reports.c.kept_at < given("until"))
    .order_by(reports.c.kept_at)
)
_ABOUT = Prepared(
    select(s.sheet_id)
    .where(
        or_(
            (s.assessed_id == given("of_person")) & (s.assessed_id != literal_column("''")),
            (s.assessed_id == literal_column("''"))
            & (s.assessed_name == given("of_name"))
            & (s.assessed_name != literal_column("''")),
        )
    )
    .order_by(s.scored_at.desc(), s.sheet_id.desc())
    .limit(given("at_most"))
)
_ADD_OBJECTION = Prepared(insert_into(objections))
_SETTLE = Prepared(upsert(objections))
_OBJECTION = Prepared(select(o.body).where(o.sheet_id == given("of_sheet")))
_OBJECTION_OF = Prepared(select(o.body).where(o.round_id == given("of_round")))
_SAVE_CORRECTION = Prepared(upsert(corrections))
_CORRECTION = Prepared(select(k.body).where(k.correction_id == given("of_id")))
_CORRECTION_OF = Prepared(select(k.body).where(k.sheet_id == given("of_sheet")))
_CORRECTIONS = Prepared(select(k.body).order_by(k.due_at).limit(5 * MAX_PAGE))


class SqlReviews:
    """Implements ``ReviewRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add_session(self, session: ReviewSession) -> None:
        row = {"session_id": session.session_id, "created_at": to_us(session.created_at)}
        self._link.run(_ADD_SESSION, {**row, "body": to_json(session)})

    def session(self, session_id: str) -> ReviewSession | None:
        row = self._link.row(_SESSION, {"of_id": session_id})
        return None if row is None else from_json(ReviewSession, row[0])

    def sessions(self, limit: int = 50) -> Sequence[ReviewSession]:
        return [from_json(ReviewSession, row[0]) for row in self._link.rows(_SESSIONS, {"at_most": limit})]

    def save(self, assignment: Assignment) -> None:
        self._link.run(
            _SAVE,
            {
                "assignment_id": assignment.assignment_id,
                "gate_id": assignment.gate_id,
                "round_id": assignment.round_id,
                "session_id": assignment.session_id,
                "accession_number": assignment.accession_number,
                "reader_id": assignment.reader.id,
                "purpose": assignment.purpose.value,
                "assigned_at": to_us(assignment.assigned_at),
                "done_at": to_us_or_none(assignment.done_at),
                "body": to_json(assignment),
            },
        )

    def by_gate(self, gate_id: str) -> Assignment | None:
        found = self._assignments(_BY_GATE, of_gate=gate_id) if gate_id else []
        return found[0] if found else None

    def round(self, round_id: str) -> Sequence[Assignment]:
        return sorted(self._assignments(_ROUND, of_round=round_id), key=lambda each: each.seat)

    def of_session(self, session_id: str) -> Sequence[Assignment]:
        return self._assignments(_OF_SESSION, of_session=session_id)

    def of_exam(self, accession_number: str) -> Sequence[Assignment]:
        return self._assignments(_OF_EXAM, of_exam=accession_number)

    def open_of(self, reader_id: str) -> Sequence[Assignment]:
        return self._assignments(_OPEN_OF, of_reader=reader_id)

    def load(self, reader_id: str, since: datetime) -> int:
        row = self._link.row(_LOAD, {"of_reader": reader_id, "since": to_us(since)})
        return int(row[0]) if row else 0

    def adjudicated(self, since: datetime, until: datetime) -> Sequence[Assignment]:
        return self._assignments(_ADJUDICATED, since=to_us(since), until=to_us(until))

    def find_exams(self, wanted: ExamFilter) -> Sequence[ExamRow]:
        e = exams.c
        values: dict[str, Any] = {
            "since": to_us(wanted.since),
            "until": to_us(wanted.until),
            "at_most": max(1, min(wanted.limit, MAX_PAGE)),
        }
        where = [reports.c.kept_at >= given("since"), reports.c.kept_at < given("until")]
        for name, column in (("modality", e.modality), ("department", e.department)):
            if value := getattr(wanted, name):
                where.append(column == given(f"of_{name}"))
                values[f"of_{name}"] = value
        if wanted.exam_item:
            where.append(e.exam_item.contains(given("of_item"), autoescape=False))
            values["of_item"] = wanted.exam_item
        if wanted.with_issues:
            heavy = select(issues.c.report_id).where(
                or_(
                    issues.c.severity == literal_column("'error'"),
                    issues.c.severity == literal_column("'warning'"),
                )
            )
            where.append(e.report_id.in_(heavy))
        if wanted.unscored:
            where.append(e.accession_number.not_in(select(s.accession_number)))
        query = (
            select(
                e.accession_number,
                e.patient_id,
                e.patient_name,
                e.modality,
                e.exam_item,
                e.department,
                e.report_status,
                reports.c.kept_at,
            )
            .select_from(exams.join(reports, reports.c.id == e.report_id))
            .where(*where)
            .order_by(reports.c.kept_at.desc(), e.accession_number)
            .limit(given("at_most"))
        )
        return [
            ExamRow(
                accession_number=row[0],
                patient_id=row[1],
                patient_name=row[2],
                modality=row[3],
                exam_item=row[4],
                department=row[5],
                report_status=row[6],
                changed_at=from_us(row[7]),
            )
            for row in self._link.rows(Prepared(query), values)
        ]

    def reported(self, since: datetime, until: datetime) -> Sequence[Report]:
        span = {"since": to_us(since), "until": to_us(until)}
        return [from_json(Report, row[0]) for row in self._link.rows(_REPORTED, span)]

    def reported_numbers(self, since: datetime, until: datetime) -> Sequence[str]:
        span = {"since": to_us(since), "until": to_us(until)}
        return [row[0] for row in self._link.rows(_REPORTED_NUMBERS, span)]

    def sheets_about(self, person_id: str, name: str, limit: int = 100) -> Sequence[ScoreSheet]:
        asked = {"of_person": person_id, "of_name": name, "at_most": limit}
        kept = SqlSheets(self._link)
        found = (kept.get(row[0]) for row in self._link.rows(_ABOUT, asked))
        return [sheet for sheet in found if sheet is not None]

    def add_objection(self, objection: Objection) -> None:
        self._link.run(_ADD_OBJECTION, _objection_row(objection))

    def objection(self, sheet_id: str) -> Objection | None:
        row = self._link.row(_OBJECTION, {"of_sheet": sheet_id})
        return None if row is None else from_json(Objection, row[0])

    def objection_of_round(self, round_id: str) -> Objection | None:
        row = self._link.row(_OBJECTION_OF, {"of_round": round_id})
        return None if row is None else from_json(Objection, row[0])

    def settle_objection(self, objection: Objection) -> None:
        self._link.run(_SETTLE, _objection_row(objection))

    def save_correction(self, correction: Correction) -> None:
        self._link.run(
            _SAVE_CORRECTION,
            {
                "correction_id": correction.correction_id,
                "sheet_id": correction.sheet_id,
                "person_id": correction.person_id,
                "person_name": correction.person_name,
                "state": correction.state.value,
                "opened_at": to_us(correction.opened_at),
                "due_at": to_us(correction.due_at),
                "body": to_json(correction),
            },
        )

    def correction(self, correction_id: str) -> Correction | None:
        row = self._link.row(_CORRECTION, {"of_id": correction_id})
        return None if row is None else from_json(Correction, row[0])

    def correction_of(self, sheet_id: str) -> Correction | None:
        row = self._link.row(_CORRECTION_OF, {"of_sheet": sheet_id})
        return None if row is None else from_json(Correction, row[0])

    def corrections(self, *states: CorrectionState) -> Sequence[Correction]:
        found = (from_json(Correction, row[0]) for row in self._link.rows(_CORRECTIONS, {}))
        return [each for each in found if not states or each.state in states]

    def _assignments(self, statement: Prepared, **values: Any) -> list[Assignment]:
        return [from_json(Assignment, row[0]) for row in self._link.rows(statement, values)]


def _objection_row(objection: Objection) -> dict[str, Any]:
    return {
        "sheet_id": objection.sheet_id,
        "round_id": objection.round_id,
        "at": to_us(objection.at),
        "body": to_json(objection),
    }
