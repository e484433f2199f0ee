"""Is the database whole?  What ``signgate verify`` asks, without changing anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select, text

from plugin.domain.delivery import JobKind, JobState
from plugin.domain.document import DocumentKind, DocumentState
from plugin.domain.errors import StoreUnavailable
from plugin.store import schema
from plugin.store.audit import breaks
from plugin.store.documents import SqlDocuments
from plugin.store.engine import Database
from plugin.store.link import Link, Prepared
from plugin.store.tables import metadata
from plugin.store.tables.audit import audit
from plugin.store.tables.documents import documents as sent
from plugin.store.tables.exams import exams
from plugin.store.tables.jobs import jobs, lanes
from plugin.store.tables.reports import reports

j, n, e, r, d = jobs.c, lanes.c, exams.c, reports.c, sent.c
_SENDERS = tuple(kind.value for kind in (JobKind.SEND_SR, JobKind.SEND_PDF, JobKind.SEND_KOS))
_ACTIVE = (JobState.PENDING.value, JobState.RUNNING.value)

_ORPHANS = Prepared(
    select(j.id, j.lane)
    .select_from(jobs.outerjoin(lanes, n.lane == j.lane))
    .where(j.state.in_(_ACTIVE), n.lane.is_(None))
    .order_by(j.id)
)
_DEAD_HEADS = Prepared(
    select(n.lane, n.head_id)
    .select_from(lanes.outerjoin(jobs, j.id == n.head_id))
    .where(j.id.is_(None) | j.state.not_in(_ACTIVE) | (j.lane != n.lane))
    .order_by(n.lane)
)
_LOST_REPORTS = Prepared(
    select(e.accession_number)
    .select_from(exams.outerjoin(reports, r.id == e.report_id))
    .where(
        e.report_id.is_not(None),
        r.id.is_(None) | (r.accession_number != e.accession_number),
    )
    .order_by(e.accession_number)
)
_UNLISTED_REPORTS = Prepared(
    select(r.accession_number)
    .select_from(reports.outerjoin(exams, e.accession_number == r.accession_number))
    .where(e.report_id.is_(None))
    .distinct()
)
_FORGOTTEN = Prepared(
    select(d.sop_instance_uid, d.destination)
    .where(
        d.state == DocumentState.QUEUED.value,
        ~select(j.id)
        .where(
            j.kind.in_(_SENDERS),
            j.state.in_((*_ACTIVE, JobState.PARKED.value)),
            j.key.like("%:" + d.sop_instance_uid + ":%"),
        )
        .exists(),
    )
    .order_by(d.sop_instance_uid)
)
_INTEGRITY = Prepared(text("PRAGMA integrity_check"), writes=False)
_FOREIGN_KEYS = Prepared(text("PRAGMA foreign_key_check"), writes=False)
_COUNTS = {table.name: Prepared(select(func.count()).select_from(table)) for table in metadata.sorted_tables}


@dataclass(frozen=True, slots=True)
class Inspection:
    """Rows by table, and what is wrong; a database that is whole has no problems.

    Parameters
    ----------
    documents
        (destination, kind, state) of what was written for archives to how many there are.
    """

    counts: dict[str, int]
    audit_entries: int
    documents: dict[tuple[str, DocumentKind, DocumentState], int]
    problems: tuple[str, ...]


def inspect(database: Database) -> Inspection:
    """Check schema, file, jobs, reports and the audit chain on one snapshot, beside a running writer.

    Raises
    ------
    StoreUnavailable
        When there is no database, it cannot be read, or its schema is another version's.
    """
    if database.file and not database.file.is_file():
        raise StoreUnavailable(f"no database at {database.file}; name the data folder with --data")
    schema.check(database)
    with database.snapshot() as link:
        counts = {name: link.rows(statement, {})[0][0] for name, statement in _COUNTS.items()}
        documents = dict(SqlDocuments(link).tally())
        return Inspection(counts, counts[audit.name], documents, tuple(_problems(link, database)))


def _problems(link: Link, database: Database) -> Iterator[str]:
    if database.is_sqlite:
        for (line,) in link.rows(_INTEGRITY, {}):
            if line != "ok":
                yield f"file: {line}"
        for table, row, parent, _ in link.rows(_FOREIGN_KEYS, {}):
            yield f"{table} row {row} points to a row of {parent} that is not there"
    for job_id, lane in link.rows(_ORPHANS, {}):
        yield f"job {job_id} waits in lane {lane}, which nobody serves"
    for lane, head in link.rows(_DEAD_HEADS, {}):
        yield f"lane {lane} waits for job {head}, which is settled or not there"
    for (accession_number,) in link.rows(_LOST_REPORTS, {}):
        yield f"examination {accession_number} names a report version that is not its own"
    for (accession_number,) in link.rows(_UNLISTED_REPORTS, {}):
        yield f"examination {accession_number} has report versions, but none stands"
    for uid, destination in link.rows(_FORGOTTEN, {}):
        yield f"document {uid} for {destination} is queued, and no job would send it"
    yield from breaks(link)
