"""Jobs as people and watchdogs see them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select

from plugin.domain.delivery import Job, JobCounts, JobKind, JobState
from plugin.store.codec import from_json, from_us, from_us_or_none
from plugin.store.link import Prepared, Row, given
from plugin.store.store import SqlReader
from plugin.store.tables.jobs import jobs

j = jobs.c
COLUMNS = (
    j.id, j.kind, j.lane, j.key, j.payload, j.state, j.attempts, j.max_attempts,
    j.due_at, j.fence, j.created_at, j.last_error,
)  # fmt: skip

_NEWEST_FIRST = select(*COLUMNS).order_by(j.id.desc()).limit(given("at_most"))
_GET = Prepared(select(*COLUMNS).where(j.id == given("of_id")))
_ALL = Prepared(_NEWEST_FIRST)
_OF_STATE = Prepared(_NEWEST_FIRST.where(j.state == given("of_state")))
_OF_KIND = Prepared(_NEWEST_FIRST.where(j.kind == given("of_kind")))
_OF_BOTH = Prepared(_NEWEST_FIRST.where(j.state == given("of_state"), j.kind == given("of_kind")))
_COUNTS = Prepared(
    select(j.state, func.count(), func.min(j.due_at))
    .where(j.state.in_([JobState.PENDING.value, JobState.RUNNING.value, JobState.PARKED.value]))
    .group_by(j.state)
)


class SqlJobListing:
    """The part of ``JobStore`` that changes nothing."""

    def __init__(self, store: SqlReader) -> None:
        self._reader = store

    def get(self, job_id: int) -> Job | None:
        row = self._reader.read(lambda unit: unit.link.row(_GET, {"of_id": job_id}))
        return None if row is None else job_of(*row)

    def listing(
        self, state: JobState | None, limit: int = 100, kinds: Collection[JobKind] = ()
    ) -> Sequence[Job]:
        values = {"at_most": limit} | ({} if state is None else {"of_state": state.value})
        if not kinds:
            statement = _ALL if state is None else _OF_STATE
            rows = self._reader.read(lambda unit: unit.link.rows(statement, values))
        else:
            of_kind = _OF_KIND if state is None else _OF_BOTH
            rows = self._reader.read(
                lambda unit: [
                    row
                    for kind in kinds
                    for row in unit.link.rows(of_kind, {**values, "of_kind": kind.value})
                ]
            )
        return [job_of(*row) for row in sorted(rows, key=_number, reverse=True)[:limit]]

    def counts(self) -> JobCounts:
        rows = self._reader.read(lambda unit: unit.link.rows(_COUNTS, {}))
        found = {state: (count, oldest) for state, count, oldest in rows}
        count, oldest = found.get(JobState.PENDING.value, (0, None))
        return JobCounts(
            pending=count,
            running=found.get(JobState.RUNNING.value, (0, None))[0],
            parked=found.get(JobState.PARKED.value, (0, None))[0],
            oldest_due_at=from_us_or_none(oldest),
        )


def _number(row: Row) -> int:
    number: int = row[0]
    return number


def job_of(
    job_id: int,
    kind: str,
    lane: str,
    key: str,
    payload: str,
    state: str,
    attempts: int,
    max_attempts: int,
    due_at: int,
    fence: int,
    created_at: int,
    last_error: str,
) -> Job:
    """The job of a row of :data:`COLUMNS`."""
    return Job(
        job_id=job_id,
        kind=JobKind(kind),
        lane=lane,
        key=key,
        payload=from_json(dict[str, Any], payload),
        state=JobState(state),
        attempts=attempts,
        max_attempts=max_attempts,
        due_at=from_us(due_at),
        fence=fence,
        created_at=from_us(created_at),
        last_error=last_error,
    )
