"""The watchdog: no channel, no roster, a queue that is stuck or fails."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugin.delivery.watch_alerts import WatchAlerts
from plugin.domain.delivery import Job, JobKind, JobState, NewJob
from plugin.domain.errors import StoreUnavailable
from plugin.store.jobs import SqlJobStore
from plugin.store.unit_of_work import SqlUnitOfWork
from tests.conftest import StoppedClock
from tests.stores import temporary_store

AT = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
JOB = Job(
    job_id=1,
    kind=JobKind.SEND_NOTICE,
    lane="alert:1",
    key="notice:1",
    payload={},
    state=JobState.PENDING,
    attempts=0,
    max_attempts=12,
    due_at=AT,
    fence=0,
    created_at=AT,
)


class Queue:
    """Jobs as a test sets them down."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = jobs
        self.asked = 0

    def listing(
        self, state: JobState | None, limit: int = 100, kinds: Collection[JobKind] = ()
    ) -> Sequence[Job]:
        self.asked += 1
        return [job for job in self.jobs if job.state is state and job.kind in kinds]


def watch(
    clock: StoppedClock, *jobs: Job, channels: Sequence[str] = ("ward_page",), roster=()
) -> WatchAlerts:
    return WatchAlerts(jobs=Queue(*jobs), channels=channels, roster=lambda at: roster, clock=clock)


def test_a_whole_chain_has_no_fault(clock: StoppedClock) -> None:
    assert watch(clock, JOB).probe() is None


@pytest.mark.parametrize(
    ("job", "said"),
    [
        (replace(JOB, state=JobState.PARKED), "1 notices or timers are parked"),
        (replace(JOB, due_at=AT - timedelta(minutes=3)), "overdue since 07:57Z"),
        (replace(JOB, kind=JobKind.ESCALATE_ALERT, due_at=AT - timedelta(hours=1)), "overdue since 07:00Z"),
        (replace(JOB, attempts=2, last_error="robot: answered 500"), "last: robot: answered 500"),
    ],
)
def test_a_queue_that_does_not_move(clock: StoppedClock, job: Job, said: str) -> None:
    (fault,) = watch(clock, job).faults()
    assert said in fault


def test_other_jobs_are_other_peoples_matter(clock: StoppedClock) -> None:
    old = replace(JOB, kind=JobKind.SEND_SR, due_at=AT - timedelta(days=1))
    assert watch(clock, old, replace(old, state=JobState.PARKED)).faults() == ()


def test_no_channel_and_nobody_on_duty(clock: StoppedClock) -> None:
    faults = watch(clock, channels=(), roster=("the roster has nobody on duty for *",)).faults()
    assert [fault.split(" ")[0] for fault in faults] == ["no", "the"]


def test_it_asks_the_queue_every_few_seconds_and_no_more(clock: StoppedClock) -> None:
    queue = Queue(JOB)
    dog = WatchAlerts(jobs=queue, channels=("a",), roster=lambda at: (), clock=clock)
    for _ in range(10):
        dog.faults()
    assert queue.asked == 2
    clock.advance(seconds=6)
    dog.faults()
    assert queue.asked == 4


def test_a_store_that_is_gone_is_a_fault_and_no_crash(clock: StoppedClock) -> None:
    class Gone:
        def listing(
            self, state: JobState | None, limit: int = 100, kinds: Collection[JobKind] = ()
        ) -> Sequence[Job]:
            raise StoreUnavailable("gone")

    dog = WatchAlerts(jobs=Gone(), channels=("a",), roster=lambda at: (), clock=clock)
    assert dog.faults() == ("the queue cannot be read: the store is unavailable",)


def test_a_forgotten_notice_is_seen_behind_any_number_of_other_jobs(
    tmp_path: Path, clock: StoppedClock
) -> None:
    def a_notice_and_a_night_without_archive(uow: SqlUnitOfWork) -> None:
        uow.outbox.enqueue(NewJob(kind=JobKind.SEND_NOTICE, lane="alert:1", key="notice:1"))
        for number in range(600):
            uow.outbox.enqueue(NewJob(kind=JobKind.SEND_SR, lane=f"sr:{number}", key=f"sr:{number}"))

    with temporary_store(tmp_path, clock) as store:
        store.write(a_notice_and_a_night_without_archive)
        clock.advance(minutes=5)
        dog = WatchAlerts(jobs=SqlJobStore(store, clock), channels=("a",), roster=lambda at: (), clock=clock)
        (fault,) = dog.faults()
    assert "1 notices or timers are overdue" in fault
