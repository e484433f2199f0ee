"""Lists for pages: the keys of a page by one statement, its rows by the repositories.

A cursor is the sort key of the page's last row, so that new rows at the top move nothing;
it comes back from outside and is taken apart with care.  Reading rows one by one costs
some 30 µs each, which a page of 50 does not feel, and keeps what a column means in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeVar

from sqlalchemy import ColumnElement, and_, func, or_, select

from plugin.domain.archive import ArchivedMessage, Direction, MessageState
from plugin.domain.critical import OPEN_ALERT_STATES, Alert
from plugin.domain.delivery import Job
from plugin.domain.errors import InvalidInput
from plugin.domain.gate import Gate, GateState
from plugin.domain.issue import Severity
from plugin.domain.listing import (
    MAX_PAGE,
    AlertCase,
    AlertRow,
    AuditRow,
    ExamRow,
    Listing,
    Page,
    ReportVersion,
    ScoredRow,
)
from plugin.domain.people import Account
from plugin.domain.recognition import Label
from plugin.domain.report import Report
from plugin.domain.scoring import ScoreSheet
from plugin.store.alert_reading import alert_cases, alert_row, standing_alerts
from plugin.store.codec import from_json, from_us, to_us
from plugin.store.link import Prepared, Row, given
from plugin.store.reports import issues_of
from plugin.store.store import SqlStore
from plugin.store.tables.access import accounts
from plugin.store.tables.alerts import alerts
from plugin.store.tables.audit import audit
from plugin.store.tables.exams import exams
from plugin.store.tables.gates import gates
from plugin.store.tables.jobs import jobs
from plugin.store.tables.messages import messages
from plugin.store.tables.recognition import labels
from plugin.store.tables.reports import issues, reports
from plugin.store.tables.sheets import sheets
from plugin.store.unit_of_work import SqlUnitOfWork

T = TypeVar("T")
Column = ColumnElement[Any]

_VERSIONS = Prepared(
    select(reports.c.id, reports.c.body, reports.c.source, reports.c.kept_at, reports.c.rulebook)
    .where(reports.c.accession_number == given("of_accession"))
    .order_by(reports.c.report_key.desc(), reports.c.id.desc())
)
_OWED = Prepared(
    select(gates.c.gate_id)
    .where(
        gates.c.signer_id == given("of_signer"),
        or_(gates.c.state == GateState.HELD.value, gates.c.owed.is_(True)),
    )
    .order_by(gates.c.decided_at.desc())
    .limit(MAX_PAGE)
)
_COUNTS = Prepared(
    select(issues.c.severity, func.count())
    .select_from(exams.join(issues, issues.c.report_id == exams.c.report_id))
    .where(exams.c.accession_number == given("of_accession"))
    .group_by(issues.c.severity)
)
_LACKS_FIELD = Prepared(
    select(issues.c.id)
    .select_from(exams.join(issues, issues.c.report_id == exams.c.report_id))
    .where(exams.c.accession_number == given("of_accession"), issues.c.rule == "missing_field")
    .limit(1)
)
_EXAM = Prepared(
    select(exams.c.modality, exams.c.exam_item).where(exams.c.accession_number == given("of_accession"))
)
_LOGINS = Prepared(select(accounts.c.login).order_by(accounts.c.login))
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


class JobLookup(Protocol):
    """Where a job is looked up by its number: the job store of this site."""

    def get(self, job_id: int) -> Job | None: ...


class SqlReading:
    """Implements ``Reading``."""

    def __init__(self, store: SqlStore, jobs: JobLookup) -> None:
        self._store, self._jobs = store, jobs

    def exams(self, text: str, page: Page) -> Listing[ExamRow]:
        e = exams.c
        changed = func.coalesce(reports.c.kept_at, 0)
        source = exams.outerjoin(reports, reports.c.id == e.report_id)
        columns = (
            e.accession_number, e.patient_id, e.patient_name, e.modality, e.exam_item, e.department,
            e.report_status, reports.c.kept_at,
        )  # fmt: skip
        named = or_(
            e.accession_number == given("text"),
            e.patient_id == given("text"),
            e.patient_name == given("text"),
        )

        def row(uow: SqlUnitOfWork, found: Row) -> ExamRow:
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

        return self._page(
            page,
            columns,
            (changed, e.accession_number),
            row,
            [named] if text else [],
            {"text": text} if text else {},
            source,
        )

    def versions(self, accession_number: str) -> Sequence[ReportVersion]:
        def read(uow: SqlUnitOfWork) -> list[ReportVersion]:
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

        return self._store.read(read)

    def gates(self, page: Page, *, state: GateState | None = None, signer_id: str = "") -> Listing[Gate]:
        g = gates.c
        where: list[Column] = []
        values: dict[str, Any] = {}
        if state is not None:
            where.append(g.state == given("of_state"))
            values["of_state"] = state.value
        if signer_id:
            where.append(g.signer_id == given("of_signer"))
            values["of_signer"] = signer_id
        return self._page(
            page,
            (g.gate_id,),
            (g.decided_at, g.gate_id),
            lambda uow, row: _there(uow.gates.get(row[0])),
            where,
            values,
        )

    def owed(self, signer_id: str) -> Sequence[Gate]:
        def read(uow: SqlUnitOfWork) -> list[Gate]:
            return [_there(uow.gates.get(row[0])) for row in uow.link.rows(_OWED, {"of_signer": signer_id})]

        return self._store.read(read) if signer_id else []

    def alerts(self, page: Page, *, open_only: bool = False, department: str = "") -> Listing[AlertRow]:
        a = alerts.c
        where: list[Column] = []
        values: dict[str, Any] = {}
        if open_only:
            where.append(or_(*(a.state == state.value for state in sorted(OPEN_ALERT_STATES))))
        if department:
            # A ward is told apart by the order; an examination without one by its report's department.
            where.append(
                a.accession_number.in_(
                    select(exams.c.accession_number).where(exams.c.department == given("of_department"))
                )
            )
            values["of_department"] = department
        return self._page(
            page,
            (a.alert_id,),
            (a.detected_at, a.alert_id),
            lambda uow, row: alert_row(uow, _there(uow.alerts.get(row[0]))),
            where,
            values,
        )

    def alert_cases(self, since: datetime, until: datetime, department: str = "") -> Sequence[AlertCase]:
        return self._store.read(lambda uow: alert_cases(uow, since, until, department))

    def standing_alerts(self) -> Sequence[Alert]:
        return self._store.read(standing_alerts)

    def messages(
        self,
        page: Page,
        *,
        state: MessageState | None = None,
        text: str = "",
        kind: str = "",
        direction: Direction | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Listing[ArchivedMessage]:
        m = messages.c
        where: list[Column] = []
        values: dict[str, Any] = {}
        if state is not None:
            where.append(m.state == given("of_state"))
            values["of_state"] = state.value
        if kind:
            where.append(or_(m.message_type == given("of_kind"), m.message_type.like(given("of_code"))))
            values |= {"of_kind": kind, "of_code": f"{kind}^%"}
        if direction is not None:
            where.append(m.direction == given("of_direction"))
            values["of_direction"] = direction.value
        if since is not None:
            where.append(m.received_at >= given("since"))
            values["since"] = to_us(since)
        if until is not None:
            where.append(m.received_at < given("until"))
            values["until"] = to_us(until)
        if text:
            where.append(
                or_(
                    m.accession_number == given("text"),
                    m.patient_id == given("text"),
                    m.control_id == given("text"),
                )
            )
            values["text"] = text
        return self._page(
            page,
            (m.id,),
            (m.received_at, m.id),
            lambda uow, row: _there(uow.messages.get(row[0]))[0],
            where,
            values,
        )

    def sheets(self, page: Page) -> Listing[ScoreSheet]:
        s = sheets.c
        return self._page(
            page,
            (s.sheet_id,),
            (s.scored_at, s.sheet_id),
            lambda uow, row: _there(uow.sheets.get(row[0])),
        )

    def labels(self, page: Page) -> Listing[Label]:
        b = labels.c
        return self._page(
            page,
            (b.label_id,),
            (b.decided_at, b.label_id),
            lambda uow, row: _there(uow.labels.get(row[0])),
        )

    def jobs_of(self, accession_number: str) -> Sequence[Job]:
        """A lane ends with what it is about: the examination, or a gate or alert of it."""

        def read(uow: SqlUnitOfWork) -> list[int]:
            of_exam = {"of_accession": accession_number}
            about = [accession_number]
            about += [row[0] for kind in (_GATES_OF, _ALERTS_OF) for row in uow.link.rows(kind, of_exam)]
            lanes = or_(*(jobs.c.lane.endswith(f":{thing}", autoescape=True) for thing in about))
            newest = select(jobs.c.id).where(lanes).order_by(jobs.c.id.desc()).limit(MAX_PAGE)
            return [row[0] for row in uow.link.rows(Prepared(newest), {})]

        return [job for number in self._store.read(read) if (job := self._jobs.get(number)) is not None]

    def audit(self, page: Page) -> Listing[AuditRow]:
        a = audit.c
        return self._page(
            page,
            (a.number, a.at, a.actor, a.action, a.subject, a.detail, a.hash),
            (a.number, a.number),
            lambda _, row: AuditRow(
                number=row[0],
                at=from_us(row[1]),
                actor=row[2],
                action=row[3],
                subject=row[4],
                detail=from_json(dict[str, str], row[5]),
                digest=row[6],
            ),
        )

    def accounts(self) -> Sequence[Account]:
        return self._store.read(
            lambda uow: [_there(uow.people.account(row[0])) for row in uow.link.rows(_LOGINS, {})]
        )

    def scored(self, since: datetime, until: datetime) -> Sequence[ScoredRow]:
        def read(uow: SqlUnitOfWork) -> list[ScoredRow]:
            found = uow.link.rows(_SCORED, {"since": to_us(since), "until": to_us(until)})
            return [_scored(uow, _there(uow.sheets.get(row[0]))) for row in found]

        return self._store.read(read)

    def _page(
        self,
        page: Page,
        columns: tuple[Column, ...],
        order: tuple[Column, Column],
        row: Callable[[SqlUnitOfWork, Row], T],
        where: Sequence[Column] = (),
        values: dict[str, Any] | None = None,
        source: Any = None,
    ) -> Listing[T]:
        """Newest first by `order` (a number, then a key that is unique), from the cursor on."""
        limit = max(1, min(page.limit, MAX_PAGE))
        by, key = order
        given_values = {**(values or {}), "at_most": limit + 1}
        conditions = list(where)
        if page.cursor:
            at, after = _cursor(page.cursor, numeric=_is_number(key))
            conditions.append(
                or_(by < given("cursor_at"), and_(by == given("cursor_at"), key < given("cursor_key")))
            )
            given_values |= {"cursor_at": at, "cursor_key": after}
        query = select(*columns, by, key).where(*conditions)
        if source is not None:
            query = query.select_from(source)
        statement = Prepared(query.order_by(by.desc(), key.desc()).limit(given("at_most")))

        def read(uow: SqlUnitOfWork) -> Listing[T]:
            found = uow.link.rows(statement, given_values)
            more = len(found) > limit
            rows = [row(uow, each[: len(columns)]) for each in found[:limit]]
            last = found[limit - 1] if more else None
            return Listing(rows, f"{last[-2]}.{last[-1]}" if last else "")

        return self._store.read(read)


def _scored(uow: SqlUnitOfWork, sheet: ScoreSheet) -> ScoredRow:
    of_exam = {"of_accession": sheet.accession_number}
    modality, exam_item = uow.link.row(_EXAM, of_exam) or ("", "")
    lacking = uow.link.row(_LACKS_FIELD, of_exam) is not None
    return ScoredRow(sheet=sheet, modality=modality, exam_item=exam_item, missing_field=lacking)


def _there(row: T | None) -> T:
    """A row that the same snapshot has just listed."""
    if row is None:
        raise LookupError("a listed row has vanished within one snapshot")
    return row


def _is_number(column: Column) -> bool:
    return column.type.python_type is int


def _cursor(text: str, *, numeric: bool) -> tuple[int, int | str]:
    """Take a cursor apart.

    Raises
    ------
    InvalidInput
        When it is none that we gave.
    """
    at, _, key = text.partition(".")
    plain = at.isascii() and at.isdigit() and len(at) < 19
    if not plain or not key or (numeric and not (key.isascii() and key.isdigit() and len(key) < 19)):
        raise InvalidInput("cursor", "is none that this list gave; begin again without it")
    return int(at), int(key) if numeric else key
