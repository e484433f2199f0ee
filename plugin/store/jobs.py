"""Claims and settles jobs, for one node on SQLite or several on PostgreSQL.

Nodes on PostgreSQL go by their own clocks, which must agree within seconds (CT of the IHE
framework): a lease is a minute long, and the fence decides where two believe in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from plugin.domain.delivery import Job, JobKind, JobState
from plugin.store.codec import to_us
from plugin.store.job_listing import COLUMNS, SqlJobListing, job_of
from plugin.store.link import Link, Prepared, given
from plugin.store.outbox import HEAD, LANE_LOCK
from plugin.store.storable import visible
from plugin.store.store import SqlStore
from plugin.store.tables.jobs import jobs, lanes
from plugin.store.unit_of_work import SqlUnitOfWork

j, n = jobs.c, lanes.c
_RUNNING = JobState.RUNNING.value
_VANISHED = "its worker vanished each time; it may bring the process down"

_DUE = Prepared(
    select(n.ready_at, n.head_id, n.lane)
    .where(n.kind == given("of_kind"), n.ready_at <= given("now"))
    .order_by(n.ready_at, n.head_id)
    .limit(given("at_most"))
)
# What another node is taking at this moment is passed over and not waited for; SQLite has one writer.
_TAKE = Prepared(
    select(n.ready_at, n.head_id, n.lane)
    .where(n.kind == given("of_kind"), n.ready_at <= given("now"))
    .order_by(n.ready_at, n.head_id)
    .limit(given("at_most"))
    .with_for_update(skip_locked=True),
    writes=True,
)
_CLAIM = Prepared(
    update(jobs)
    .where(
        j.id == given("of_id"),
        or_(j.state == JobState.PENDING.value, (j.state == _RUNNING) & (j.lease_until <= given("now"))),
    )
    .values(
        state=given("state"),
        lease_until=given("until"),
        fence=j.fence + 1,
        attempts=j.attempts + 1,
    )
    .returning(*COLUMNS)
)
_MOVE_LANE = Prepared(update(lanes).where(n.lane == given("of_lane")).values(ready_at=given("ready_at")))
_HELD = (j.id == given("of_id"), j.fence == given("of_fence"), j.state == _RUNNING)
_EXTEND = Prepared(update(jobs).where(*_HELD).values(lease_until=given("lease_until")))
_SETTLE = Prepared(
    update(jobs)
    .where(*_HELD)
    .values(
        state=given("state"),
        settled_at=given("settled_at"),
        last_error=given("last_error"),
        lease_until=None,
    )
)
_RETRY = Prepared(
    update(jobs)
    .where(*_HELD)
    .values(state=given("state"), due_at=given("due_at"), last_error=given("last_error"), lease_until=None)
)
_REQUEUE = Prepared(
    update(jobs)
    .where(j.id == given("of_id"), j.state == JobState.PARKED.value)
    .values(state=given("state"), attempts=0, due_at=given("due_at"), settled_at=None)
    .returning(j.lane, j.kind)
)
_LANE_OF = Prepared(select(j.lane).where(j.id == given("of_id")))
_CLAIMED = Prepared(select(j.id, j.lane).where(j.state == _RUNNING, j.lease_until > given("now")))
_END_LEASE = Prepared(update(jobs).where(j.id == given("of_id")).values(lease_until=given("lease_until")))
_STATE = Prepared(select(j.state).where(j.id == given("of_id")))


class SqlJobStore(SqlJobListing):
    """Implements ``JobStore`` over the store's writer.

    A claim counts as an attempt, so that a job which brings its process down is parked too.

    Parameters
    ----------
    store
        Where the outbox puts the jobs.
    clock
        Aware UTC now.
    """

    def __init__(self, store: SqlStore, clock: Callable[[], datetime]) -> None:
        super().__init__(store)
        self._store, self._clock = store, clock

    def resume(self) -> int:
        """End the leases of a process that is gone; return how many there were.

        Only for a process that has the database for itself: what is running in it then runs
        nowhere, and need not wait for its lease to end.
        """
        now = to_us(self._clock())

        def work(unit: SqlUnitOfWork) -> int:
            left = unit.link.rows(_CLAIMED, {"now": now})
            for job_id, lane in left:
                unit.link.run(_END_LEASE, {"of_id": job_id, "lease_until": now})
                unit.link.run(_MOVE_LANE, {"of_lane": lane, "ready_at": now})
            return len(left)

        return self._store.write(work)

    def claim(self, kinds: Sequence[JobKind], limit: int, lease: timedelta) -> list[Job]:
        now = to_us(self._clock())
        # Most often there is nothing: a query finds that out without the writer.
        if not self._store.read(lambda unit: _due(unit.link, _DUE, kinds, now, 1)):
            return []
        return self._store.write(lambda unit: _claim(unit, kinds, limit, now, now + _us(lease)))

    def extend(self, job: Job, lease: timedelta) -> bool:
        until = to_us(self._clock()) + _us(lease)

        def work(unit: SqlUnitOfWork) -> bool:
            unit.outbox.hold(job.lane)
            if not unit.link.run(_EXTEND, {**_of(job), "lease_until": until}):
                return False
            unit.link.run(_MOVE_LANE, {"of_lane": job.lane, "ready_at": until})
            return True

        return self._store.write(work)

    def complete(self, job: Job, effect: Callable[[Any], None] | None = None) -> bool:
        now = to_us(self._clock())

        def work(unit: SqlUnitOfWork) -> bool:
            if not _settle(unit, job, JobState.DONE, "", now):
                return False
            if effect:
                effect(unit)
            return True

        return self._store.write(work)

    def retry(self, job: Job, error: str, delay: timedelta) -> bool:
        now = to_us(self._clock())

        def work(unit: SqlUnitOfWork) -> bool:
            if job.attempts >= job.max_attempts:
                return _settle(unit, job, JobState.PARKED, error, now)
            due_at = now + _us(delay)
            change = {"state": JobState.PENDING.value, "due_at": due_at, "last_error": visible(error)}
            unit.outbox.hold(job.lane)
            if not unit.link.run(_RETRY, {**_of(job), **change}):
                return False
            unit.link.run(_MOVE_LANE, {"of_lane": job.lane, "ready_at": due_at})
            return True

        return self._store.write(work)

    def park(self, job: Job, error: str) -> bool:
        now = to_us(self._clock())
        return self._store.write(lambda unit: _settle(unit, job, JobState.PARKED, error, now))

    def requeue(self, job_id: int) -> bool:
        now = to_us(self._clock())
        return self._store.write(lambda unit: _requeue(unit, job_id, now))


def _due(
    link: Link, statement: Prepared, kinds: Sequence[JobKind], now: int, limit: int
) -> list[tuple[int, str]]:
    """Heads that may be claimed, oldest due first: (job, lane).  One look-up a kind keeps to the index."""
    found = [
        row
        for kind in dict.fromkeys(kinds)
        for row in link.rows(statement, {"of_kind": kind.value, "now": now, "at_most": limit})
    ]
    return [(job_id, lane) for _, job_id, lane in sorted(found)[:limit]]


def _claim(unit: SqlUnitOfWork, kinds: Sequence[JobKind], limit: int, now: int, until: int) -> list[Job]:
    claimed: list[Job] = []
    while len(claimed) < limit and (heads := _due(unit.link, _TAKE, kinds, now, limit - len(claimed))):
        for job_id, lane in heads:
            row = unit.link.row(_CLAIM, {"of_id": job_id, "now": now, "state": _RUNNING, "until": until})
            if row is None:
                # The lane says what its job does not; `signgate verify` would say so too.
                unit.outbox.advance(lane)
                continue
            job = job_of(*row)
            if job.attempts > job.max_attempts:
                _settle(unit, job, JobState.PARKED, job.last_error or _VANISHED, now)
            else:
                unit.link.run(_MOVE_LANE, {"of_lane": lane, "ready_at": until})
                claimed.append(job)
    return claimed


def _settle(unit: SqlUnitOfWork, job: Job, state: JobState, error: str, now: int) -> bool:
    """Fence first: only who holds the job may say what became of it; then the lane goes on."""
    change = {"state": state.value, "settled_at": now, "last_error": visible(error)}
    unit.outbox.hold(job.lane)
    if not unit.link.run(_SETTLE, {**_of(job), **change}):
        return False
    unit.outbox.advance(job.lane)
    return True


def _requeue(unit: SqlUnitOfWork, job_id: int, now: int) -> bool:
    known = unit.link.row(_LANE_OF, {"of_id": job_id})
    if known is None:
        return False
    unit.outbox.hold(known[0])
    found = unit.link.row(_REQUEUE, {"of_id": job_id, "state": JobState.PENDING.value, "due_at": now})
    if found is None:
        return False
    lane, kind = found
    head = unit.link.row(LANE_LOCK, {"of_lane": lane})
    running = head is not None and unit.link.rows(_STATE, {"of_id": head[0]}) == [(_RUNNING,)]
    if head is None or (job_id < head[0] and not running):
        unit.link.run(HEAD, {"lane": lane, "head_id": job_id, "kind": kind, "ready_at": now})
        unit.outbox.ready.add(JobKind(kind))
    return True


def _of(job: Job) -> dict[str, object]:
    return {"of_id": job.job_id, "of_fence": job.fence}


def _us(span: timedelta) -> int:
    return span // timedelta(microseconds=1)
