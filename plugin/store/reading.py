"""What pages read: each list a function of one snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy import or_, select

from plugin.domain.archive import EVERY_MESSAGE, ArchivedMessage, MessageFilter
from plugin.domain.critical import OPEN_ALERT_STATES, Alert
from plugin.domain.delivery import Job
from plugin.domain.gate import FOR_ANOTHER, Gate, GateState
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
    StructuredCase,
    StructuredShare,
)
from plugin.domain.people import Account
from plugin.domain.recognition import Label
from plugin.domain.scoring import ScoreSheet
from plugin.store.alert_reading import alert_cases, alert_row, standing_alerts
from plugin.store.codec import from_json, from_us
from plugin.store.exam_reading import job_numbers, list_exams, report_versions, scored_rows
from plugin.store.link import Prepared, given
from plugin.store.message_reading import list_messages
from plugin.store.paging import Column, Where, read_page, there
from plugin.store.store import SqlReader
from plugin.store.structured_reading import structured_cases, structured_shares
from plugin.store.tables.access import accounts
from plugin.store.tables.alerts import alerts
from plugin.store.tables.audit import audit, patient_in
from plugin.store.tables.exams import exams
from plugin.store.tables.gates import gates
from plugin.store.tables.recognition import labels
from plugin.store.tables.sheets import sheets
from plugin.store.unit_of_work import SqlUnitOfWork

T = TypeVar("T")

_OWED = Prepared(
    select(gates.c.gate_id)
    .where(
        gates.c.signer_id == given("of_signer"),
        or_(gates.c.state == GateState.HELD.value, gates.c.owed.is_(True)),
        gates.c.reason.not_in(sorted(FOR_ANOTHER)),
    )
    .order_by(gates.c.decided_at.desc())
    .limit(MAX_PAGE)
)
_LOGINS = Prepared(select(accounts.c.login).order_by(accounts.c.login))


class JobLookup(Protocol):
    """Where a job is looked up by its number: the job store of this site."""

    def get(self, job_id: int) -> Job | None: ...


class SqlReading:
    """Implements ``Reading``."""

    def __init__(self, store: SqlReader, jobs: JobLookup) -> None:
        self._store, self._jobs = store, jobs

    def exams(self, text: str, page: Page) -> Listing[ExamRow]:
        return self._store.read(lambda uow: list_exams(uow, text, page))

    def versions(self, accession_number: str) -> Sequence[ReportVersion]:
        return self._store.read(lambda uow: report_versions(uow, accession_number))

    def gates(self, page: Page, *, state: GateState | None = None, signer_id: str = "") -> Listing[Gate]:
        g, where = gates.c, Where()
        if state is not None:
            where.add(g.state == given("of_state"), of_state=state.value)
        if signer_id:
            where.add(g.signer_id == given("of_signer"), of_signer=signer_id)
        return self._page(
            page, g.decided_at, g.gate_id, lambda uow, gate_id: there(uow.gates.get(gate_id)), where
        )

    def owed(self, signer_id: str) -> Sequence[Gate]:
        of_signer = {"of_signer": signer_id}
        return (
            self._store.read(
                lambda uow: [there(uow.gates.get(row[0])) for row in uow.link.rows(_OWED, of_signer)]
            )
            if signer_id
            else []
        )

    def alerts(self, page: Page, *, open_only: bool = False, department: str = "") -> Listing[AlertRow]:
        a, where = alerts.c, Where()
        if open_only:
            where.add(or_(*(a.state == state.value for state in sorted(OPEN_ALERT_STATES))))
        if department:
            # A ward is told apart by the order; an examination without one by its report's department.
            of_department = select(exams.c.accession_number).where(
                exams.c.department == given("of_department")
            )
            where.add(a.accession_number.in_(of_department), of_department=department)
        return self._page(
            page,
            a.detected_at,
            a.alert_id,
            lambda uow, alert_id: alert_row(uow, there(uow.alerts.get(alert_id))),
            where,
        )

    def alert_row(self, alert: Alert) -> AlertRow:
        return self._store.read(lambda uow: alert_row(uow, alert))

    def alert_cases(self, since: datetime, until: datetime, department: str = "") -> Sequence[AlertCase]:
        return self._store.read(lambda uow: alert_cases(uow, since, until, department))

    def standing_alerts(self) -> Sequence[Alert]:
        return self._store.read(standing_alerts)

    def messages(self, page: Page, asked: MessageFilter = EVERY_MESSAGE) -> Listing[ArchivedMessage]:
        return self._store.read(lambda uow: list_messages(uow, page, asked))

    def sheets(self, page: Page) -> Listing[ScoreSheet]:
        s = sheets.c
        return self._page(
            page, s.scored_at, s.sheet_id, lambda uow, sheet_id: there(uow.sheets.get(sheet_id))
        )

    def labels(self, page: Page) -> Listing[Label]:
        b = labels.c
        return self._page(
            page, b.decided_at, b.label_id, lambda uow, label_id: there(uow.labels.get(label_id))
        )

    def jobs_of(self, accession_number: str) -> Sequence[Job]:
        numbers = self._store.read(lambda uow: job_numbers(uow, accession_number))
        return [job for number in numbers if (job := self._jobs.get(number)) is not None]

    def audit(self, page: Page, *, about: str = "", who: str = "") -> Listing[AuditRow]:
        a, where = audit.c, Where()
        if about:
            where.add(or_(a.subject == given("about"), patient_in(a.detail) == given("about")), about=about)
        if who:
            where.add(a.actor == given("who"), who=who)
        return self._store.read(
            lambda uow: read_page(
                uow,
                page,
                (a.number, a.at, a.actor, a.action, a.subject, a.detail, a.hash),
                (a.number, a.number),
                lambda row: AuditRow(
                    number=row[0],
                    at=from_us(row[1]),
                    actor=row[2],
                    action=row[3],
                    subject=row[4],
                    detail=from_json(dict[str, str], row[5]),
                    digest=row[6],
                ),
                where,
            )
        )

    def accounts(self) -> Sequence[Account]:
        return self._store.read(
            lambda uow: [there(uow.people.account(row[0])) for row in uow.link.rows(_LOGINS, {})]
        )

    def scored(self, since: datetime, until: datetime) -> Sequence[ScoredRow]:
        return self._store.read(lambda uow: scored_rows(uow, since, until))

    def structured(self, since: datetime, until: datetime) -> Sequence[StructuredShare]:
        return self._store.read(lambda uow: structured_shares(uow, since, until))

    def structured_cases(
        self, since: datetime, until: datetime, department: str, modality: str
    ) -> Sequence[StructuredCase]:
        return self._store.read(lambda uow: structured_cases(uow, since, until, department, modality))

    def _page(
        self,
        page: Page,
        at: Column,
        key: Column,
        row: Callable[[SqlUnitOfWork, str], T],
        where: Where | None = None,
    ) -> Listing[T]:
        """Newest first by `at`; each row by its key."""
        return self._store.read(
            lambda uow: read_page(uow, page, (key,), (at, key), lambda found: row(uow, found[0]), where)
        )
