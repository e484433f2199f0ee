"""Jobs asked for in a journey's transaction, and the lanes that keep their order.

A job waits in ``jobs``; the head of each lane that has work also stands in ``lanes``.
Only heads can be claimed, so a claim looks at one row a lane, however many jobs wait
behind a dead head.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql

from plugin.domain.delivery import JobKind, JobState, NewJob
from plugin.store.codec import from_us, to_json, to_us
from plugin.store.link import Link, Prepared, given, upsert
from plugin.store.storable import visible
from plugin.store.tables.jobs import PENDING, jobs, lanes

j, n = jobs.c, lanes.c

LANE_LOCK = Prepared(select(n.head_id).where(n.lane == given("of_lane")).with_for_update(), writes=True)
_NEW = postgresql.insert(jobs).values({c.name: given(c.name) for c in jobs.columns if c.name != "id"})
_ADD = Prepared(_NEW.on_conflict_do_nothing(index_elements=["key"]).returning(j.id))
_GIVE_UP = Prepared(
    _NEW.on_conflict_do_update(
        index_elements=["key"],
        set_={name: _NEW.excluded[name] for name in ("state", "settled_at", "last_error")},
        # One that is on its way again says itself how that ends.
        where=j.state.in_([JobState.DONE.value, JobState.CANCELLED.value]),
    )
)
# Changing nothing, but locking the row: otherwise whoever completes the last job of the lane
# on another node could close it between our insert and our commit, and ours would hang.
_OPEN_LANE = Prepared(
    postgresql.insert(lanes)
    .values({c.name: given(c.name) for c in lanes.columns})
    .on_conflict_do_update(index_elements=["lane"], set_={"head_id": n.head_id})
)
_CANCEL = Prepared(
    update(jobs)
    .where(j.key == given("of_key"), j.state == PENDING)
    .values(state=JobState.CANCELLED.value, settled_at=given("settled_at"))
    .returning(j.id, j.lane)
)
_LANE_OF = Prepared(select(j.lane).where(j.key == given("of_key")))
_HURRY = Prepared(
    update(jobs)
    .where(j.lane == given("of_lane"), j.state == PENDING, j.due_at > given("now"))
    .values(due_at=given("due_at"))
)
_PAUSING = Prepared(
    select(j.id, j.lane)
    .where(j.state == PENDING, j.kind == given("of_kind"), j.attempts > 0, j.due_at > given("now"))
    .order_by(j.id)
)
_DUE = Prepared(update(jobs).where(j.id == given("of_id"), j.state == PENDING).values(due_at=given("due_at")))
_LATER_OF_KIND = Prepared(
    update(jobs)
    .where(j.kind == given("of_kind"), j.state == PENDING, j.due_at > given("now"))
    .values(due_at=j.due_at - given("by"))
)
_HEADS_AGAIN = Prepared(
    update(lanes)
    .where(
        n.kind == given("of_kind"),
        select(j.id).where(j.id == n.head_id, j.state == PENDING).exists(),
    )
    .values(ready_at=select(j.due_at).where(j.id == n.head_id).scalar_subquery())
)
_NEWEST = Prepared(select(j.created_at).order_by(j.id.desc()).limit(1))
_NEXT = Prepared(
    select(j.id, j.kind, j.due_at)
    .where(j.lane == given("of_lane"), j.state == PENDING)
    .order_by(j.id)
    .limit(1)
)
_CLOSE_LANE = Prepared(delete(lanes).where(n.lane == given("of_lane")))
HEAD = Prepared(upsert(lanes))


class SqlOutbox:
    """Implements ``Outbox``.

    Attributes
    ----------
    ready
        Kinds of which a job has become due in this transaction: whom to wake once it is committed.
    """

    def __init__(self, link: Link, clock: Callable[[], datetime]) -> None:
        self._link, self._clock = link, clock
        self.ready: set[JobKind] = set()

    def enqueue(self, job: NewJob) -> None:
        """Add `job`, or do nothing when there is one of its key.

        The lane is held first, so that its jobs become visible in the order of their numbers.
        """
        now = to_us(self._clock())
        due_at = now if job.due_at is None else to_us(job.due_at)
        self.hold(job.lane)
        added = self._link.row(_ADD, _values(job, JobState.PENDING, now, due_at))
        if added:
            self._link.put(
                _OPEN_LANE,
                {"lane": job.lane, "head_id": added[0], "kind": job.kind.value, "ready_at": due_at},
            )
            if due_at <= now:
                self.ready.add(job.kind)

    def give_up(self, job: NewJob, error: str) -> None:
        now = to_us(self._clock())
        self.hold(job.lane)
        given_up = {"settled_at": now, "last_error": visible(error)}
        self._link.run(_GIVE_UP, {**_values(job, JobState.PARKED, now, now), **given_up})

    def hold(self, lane: str) -> None:
        """Keep other nodes from the lane until this transaction ends.

        Whoever changes a job of it asks for this first: two who took the job and the lane in
        different order would wait for each other.  The one writer of SQLite has nobody beside it.
        """
        if self._link.driver.many_writers:
            self._link.row(LANE_LOCK, {"of_lane": lane})

    def cancel(self, key: str) -> bool:
        if self._link.driver.many_writers and (found := self._link.row(_LANE_OF, {"of_key": key})):
            self.hold(found[0])
        cancelled = self._link.row(_CANCEL, {"of_key": key, "settled_at": to_us(self._clock())})
        if cancelled is None:
            return False
        job_id, lane = cancelled
        head = self._link.row(LANE_LOCK, {"of_lane": lane})
        if head and head[0] == job_id:
            self.advance(lane)
        return True

    def hurry(self, lane: str) -> None:
        now = to_us(self._clock())
        head = self._link.row(LANE_LOCK, {"of_lane": lane})
        hurried = self._link.run(_HURRY, {"of_lane": lane, "now": now, "due_at": now})
        if not hurried or head is None:
            return
        following = self._link.row(_NEXT, {"of_lane": lane})
        if following and following[0] == head[0]:
            # A head that runs is nobody's to move; what waits behind it is due when it has ended.
            self.advance(lane)

    def try_again(self, kind: JobKind, receiver: str) -> None:
        now = to_us(self._clock())
        for job_id, lane in self._link.rows(_PAUSING, {"of_kind": kind.value, "now": now}):
            if lane.split(":")[1:2] != [receiver]:
                continue
            head = self._link.row(LANE_LOCK, {"of_lane": lane})
            self._link.run(_DUE, {"of_id": job_id, "due_at": now})
            if head is not None and head[0] == job_id:
                self.advance(lane)

    def bring_forward(self, by: timedelta, but: Collection[JobKind]) -> None:
        now, by_us = to_us(self._clock()), by // timedelta(microseconds=1)
        for kind in set(JobKind) - set(but):
            if self._link.run(_LATER_OF_KIND, {"of_kind": kind.value, "now": now, "by": by_us}):
                self._link.run(_HEADS_AGAIN, {"of_kind": kind.value})

    def newest(self) -> datetime | None:
        row = self._link.row(_NEWEST, {})
        return None if row is None else from_us(row[0])

    def advance(self, lane: str) -> None:
        """Let the next waiting job be the head of its lane; a lane without one is gone."""
        following = self._link.row(_NEXT, {"of_lane": lane})
        if following is None:
            self._link.run(_CLOSE_LANE, {"of_lane": lane})
            return
        job_id, kind, due_at = following
        self._link.run(HEAD, {"lane": lane, "head_id": job_id, "kind": kind, "ready_at": due_at})
        if due_at <= to_us(self._clock()):
            self.ready.add(JobKind(kind))


def _values(job: NewJob, state: JobState, now: int, due_at: int) -> dict[str, Any]:
    """The row of a new job."""
    return {
        "kind": job.kind.value,
        "lane": job.lane,
        "key": job.key,
        "payload": to_json(job.payload),
        "state": state.value,
        "attempts": 0,
        "max_attempts": job.max_attempts,
        "due_at": due_at,
        "lease_until": None,
        "fence": 0,
        "created_at": now,
        "settled_at": None,
        "last_error": "",
    }
