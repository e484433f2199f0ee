from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from conftest import StoppedClock
from patience import PATIENCE_S, until
from stores import temporary_store, utc_now

from plugin.delivery.worker import Handler, Pool, Worker, WorkerSettings
from plugin.domain.delivery import Job, JobKind, JobState, NewJob
from plugin.domain.errors import DeliveryFailed, StoreUnavailable
from plugin.store.jobs import SqlJobStore
from plugin.store.store import SqlStore

SR, NOTICE, TIMER = JobKind.SEND_SR, JobKind.SEND_NOTICE, JobKind.ESCALATE_ALERT
SLEEPY = WorkerSettings(poll_s=3600)
FAST = WorkerSettings(poll_s=0.01, lease_s=3600, backoff_first_s=0.02, backoff_most_s=0.1)
BRIEF = FAST.model_copy(update={"lease_s": 0.6})
"""Leases that are often prolonged; only for a clock that the test puts on, or a busy machine loses them."""


class Desk:
    """A store, its jobs, and a worker of the test's making."""

    def __init__(self, store: SqlStore) -> None:
        self.store = store
        self.jobs = SqlJobStore(store, utc_now)
        self.workers: list[Worker] = []

    def start(
        self,
        handlers: Mapping[JobKind, Handler],
        settings: WorkerSettings = FAST,
        jobs: Any = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> Worker:
        worker = Worker(jobs or self.jobs, handlers, clock, lambda: 0.5, settings)
        worker.start()
        self.workers.append(worker)
        return worker

    def enqueue(self, key: str, kind: JobKind = SR, lane: str = "", **more: Any) -> None:
        self.store.write(lambda uow: uow.outbox.enqueue(NewJob(kind=kind, lane=lane or key, key=key, **more)))

    def job(self, key: str) -> Job:
        return next(job for job in self.jobs.listing(None, limit=1000) if job.key == key)

    def wait(self, *keys: str, state: JobState = JobState.DONE) -> None:
        until(lambda: all(self.job(key).state is state for key in keys))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with temporary_store(tmp_path) as store:
        made = Desk(store)
        yield made
        for worker in made.workers:
            worker.stop(5)


def test_a_job_is_carried_out_and_its_effect_committed(desk: Desk) -> None:
    def send(job: Job) -> Callable[[Any], None]:
        return lambda uow: uow.outbox.enqueue(NewJob(kind=NOTICE, lane="n", key=f"after-{job.key}"))

    desk.enqueue("k1")
    desk.start({SR: send})
    desk.wait("k1")
    assert desk.job("after-k1").state is JobState.PENDING


def test_a_lane_is_carried_out_in_order(desk: Desk) -> None:
    sent: list[str] = []
    for n in range(20):
        desk.enqueue(f"k{n:02}", lane="one")
    desk.start({SR: lambda job: sent.append(job.key)})
    desk.wait("k19")
    assert sent == sorted(sent)
    assert len(sent) == 20


def test_a_failure_that_may_pass_is_tried_again(desk: Desk) -> None:
    tries: list[int] = []

    def send(job: Job) -> None:
        tries.append(job.attempts)
        if len(tries) < 4:
            raise DeliveryFailed("连接被拒绝", retry=True)

    desk.enqueue("k1")
    desk.start({SR: send})
    desk.wait("k1")
    assert tries == [1, 2, 3, 4]


def test_a_failure_that_stays_is_parked_at_once_and_visible(desk: Desk) -> None:
    def send(job: Job) -> None:
        raise DeliveryFailed("A900 数据集不符", retry=False)

    desk.enqueue("k1", lane="one")
    desk.enqueue("k2", lane="one", kind=NOTICE)
    desk.start({SR: send, NOTICE: lambda job: None})
    desk.wait("k1", state=JobState.PARKED)
    desk.wait("k2")
    assert desk.job("k1").last_error == "A900 数据集不符"
    assert desk.job("k1").attempts == 1


def test_attempts_are_bounded(desk: Desk) -> None:
    def send(job: Job) -> None:
        raise DeliveryFailed("no", retry=True)

    desk.enqueue("k1", max_attempts=3)
    desk.start({SR: send})
    desk.wait("k1", state=JobState.PARKED)
    assert desk.job("k1").attempts == 3


def test_an_unexpected_exception_is_retried_then_parked_and_names_no_patient_anywhere(desk: Desk) -> None:
    def send(job: Job) -> None:
        raise KeyError("张三")

    desk.enqueue("k1", max_attempts=2)
    with structlog.testing.capture_logs() as logs:
        desk.start({SR: send})
        desk.wait("k1", state=JobState.PARKED)
        until(lambda: any(entry["event"] == "delivery.parked" for entry in logs))
    crashes = [entry for entry in logs if entry["event"] == "delivery.crashed"]
    assert [entry["job_id"] for entry in crashes] == [1, 1]
    assert crashes[0]["error"] == "KeyError"
    assert "张三" not in str(logs)
    assert "KeyError at test_worker.py:" in desk.job("k1").last_error
    assert "张三" not in desk.job("k1").last_error


def test_an_effect_that_fails_leaves_the_job_to_do(desk: Desk) -> None:
    tries: list[int] = []

    def send(job: Job) -> Callable[[Any], None]:
        def effect(uow: Any) -> None:
            tries.append(1)
            uow.outbox.enqueue(NewJob(kind=NOTICE, lane="n", key="followed"))
            if len(tries) == 1:
                raise ValueError("half way")

        return effect

    desk.enqueue("k1")
    desk.start({SR: send})
    desk.wait("k1")
    assert len(tries) == 2
    assert desk.job("k1").attempts == 2
    assert len([job for job in desk.jobs.listing(None) if job.key == "followed"]) == 1


def test_what_hangs_delays_no_other_pool(desk: Desk) -> None:
    """R35: neither alerts nor timers wait for a PACS."""
    hang = threading.Event()
    for n in range(10):
        desk.enqueue(f"sr{n}")
    desk.start({SR: lambda job: hang.wait() and None, NOTICE: lambda job: None, TIMER: lambda job: None})
    until(lambda: desk.jobs.counts().running == 2)
    desk.enqueue("notice", kind=NOTICE)
    desk.enqueue("timer", kind=TIMER)
    desk.wait("notice", "timer")
    assert desk.jobs.counts().running == 2
    hang.set()


def test_who_is_rung_for_does_not_wait_for_the_poll(desk: Desk) -> None:
    worker = desk.start({SR: lambda job: None, NOTICE: lambda job: None}, SLEEPY)
    desk.store.ring(worker.wake)
    time.sleep(0.2)
    for n in range(20):
        desk.enqueue(f"n{n}", kind=NOTICE, lane=f"lane{n % 3}")
        desk.enqueue(f"s{n}")
    desk.wait(*(f"n{n}" for n in range(20)), *(f"s{n}" for n in range(20)))


def test_a_job_that_nobody_rang_for_is_found_by_the_poll(desk: Desk) -> None:
    desk.start({SR: lambda job: None})
    time.sleep(0.1)
    desk.enqueue("k1")
    desk.wait("k1")


def test_a_sleeping_worker_stops_without_waiting_for_its_next_poll(desk: Desk) -> None:
    worker = desk.start({SR: lambda job: None}, SLEEPY)
    time.sleep(0.1)
    assert worker.stop(PATIENCE_S)


class Counted:
    """A job store that counts the calls that have ended."""

    def __init__(self, real: Any) -> None:
        self.real, self.calls = real, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            try:
                return getattr(self.real, name)(*arguments)
            finally:
                self.calls[name] += 1

        return call

    def more(self, name: str, times: int = 2) -> None:
        """Wait until `name` was called again; of two ends, the last belongs to a call that began after now."""
        enough = self.calls[name] + times
        until(lambda: self.calls[name] >= enough)


def outlive_the_lease(clock: StoppedClock, jobs: Counted) -> None:
    """Let three leases pass, and never so much at once that one ends that is looked after."""
    for _ in range(5):
        clock.advance(seconds=BRIEF.lease_s * 0.6)
        jobs.more("extend")


def test_long_work_keeps_its_lease(desk: Desk) -> None:
    runs: list[int] = []
    done = threading.Event()

    def send(job: Job) -> None:
        runs.append(job.fence)
        done.wait()

    desk.enqueue("k1")
    clock = StoppedClock(utc_now())
    first, second = (Counted(SqlJobStore(desk.store, clock)) for _ in range(2))
    desk.start({SR: send}, BRIEF, first, clock)
    until(lambda: runs)
    desk.start({SR: send}, BRIEF, second, clock)
    outlive_the_lease(clock, first)
    second.more("claim")
    done.set()
    desk.wait("k1")
    assert runs == [1]


def test_r17_who_was_replaced_settles_nothing(desk: Desk) -> None:
    """The old holder stands still (SIGSTOP) past its lease; when it wakes, its effect is refused."""
    asleep, effects = threading.Event(), []
    entered = threading.Event()

    def old(job: Job) -> Callable[[Any], None]:
        entered.set()
        asleep.wait()
        return lambda uow: effects.append("old")

    class Deaf(SqlJobStore):
        def extend(self, job: Job, lease: timedelta) -> bool:
            return True  # a stopped process prolongs nothing

    desk.enqueue("k1")
    clock = StoppedClock(utc_now())
    with structlog.testing.capture_logs() as logs:
        alone = BRIEF.model_copy(update={"pools": {"pacs": Pool(kinds=(SR,))}})
        desk.start({SR: old}, alone, Deaf(desk.store, clock), clock)
        assert entered.wait(PATIENCE_S)
        new = SqlJobStore(desk.store, clock)
        desk.start({SR: lambda job: lambda uow: effects.append("new")}, BRIEF, new, clock)
        clock.advance(seconds=BRIEF.lease_s * 1.5)
        desk.wait("k1")
        asleep.set()
        until(lambda: any(entry["event"] == "delivery.taken_over" for entry in logs))
    assert effects == ["new"]


class Failing:
    """A job store whose database is away for a while."""

    def __init__(self, real: SqlJobStore) -> None:
        self.real, self.away = real, set[str]()

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            if name in self.away:
                raise StoreUnavailable("database: away")
            return getattr(self.real, name)(*arguments)

        return call


def test_the_loops_survive_a_database_that_fails(desk: Desk) -> None:
    jobs = Failing(desk.jobs)
    jobs.away = {"claim"}
    asked = Counted(jobs)
    worker = desk.start({SR: lambda job: None}, jobs=asked)
    desk.enqueue("k1")
    asked.more("claim")
    assert worker.alive()
    assert desk.job("k1").state is JobState.PENDING
    jobs.away = set()
    desk.wait("k1")


def test_an_outcome_is_not_forgotten_while_the_database_is_away(desk: Desk) -> None:
    sent: list[str] = []
    jobs = Failing(desk.jobs)
    jobs.away = {"complete"}
    desk.enqueue("k1")
    asked = Counted(jobs)
    desk.start({SR: lambda job: sent.append(job.key)}, jobs=asked)
    until(lambda: sent == ["k1"])
    asked.more("complete")
    jobs.away = set()
    desk.wait("k1")
    assert sent == ["k1"]


def test_a_mistake_in_the_loop_does_not_end_it(desk: Desk) -> None:
    class Broken(Failing):
        def claim(self, *arguments: Any) -> Any:
            if "claim" in self.away:
                raise TypeError("ours")
            return self.real.claim(*arguments)

    jobs = Broken(desk.jobs)
    jobs.away = {"claim"}
    asked = Counted(jobs)
    worker = desk.start({SR: lambda job: None}, jobs=asked)
    desk.enqueue("k1")
    asked.more("claim")
    assert worker.alive()
    jobs.away = set()
    desk.wait("k1")


def test_stop_finishes_what_it_holds_and_takes_nothing_more(desk: Desk) -> None:
    entered, workers = threading.Event(), list[Worker]()

    def send(job: Job) -> None:
        entered.set()
        until(lambda: workers and workers[0]._stopping.is_set())

    desk.enqueue("k1", lane="one")
    desk.enqueue("k2", lane="one")
    workers.append(desk.start({SR: send}))
    assert entered.wait(PATIENCE_S)
    assert workers[0].stop(PATIENCE_S)
    assert desk.job("k1").state is JobState.DONE
    assert desk.job("k2").state is JobState.PENDING


def test_stop_tells_when_somebody_hangs(desk: Desk) -> None:
    hang, entered = threading.Event(), threading.Event()

    def send(job: Job) -> None:
        entered.set()
        hang.wait()

    desk.enqueue("k1")
    worker = desk.start({SR: send})
    assert entered.wait(PATIENCE_S)
    assert not worker.stop(0.2)
    hang.set()


def test_kinds_without_a_handler_stay_where_they_are(desk: Desk) -> None:
    desk.enqueue("sr")
    desk.enqueue("notice", kind=NOTICE)
    desk.start({NOTICE: lambda job: None})
    desk.wait("notice")
    assert desk.job("sr").state is JobState.PENDING


@pytest.mark.parametrize(
    ("attempts", "random", "seconds"),
    [(1, 0.0, 1), (1, 0.5, 2), (2, 0.5, 4), (5, 0.5, 32), (9, 0.5, 300), (400, 0.5, 300), (9, 0.999, 449.7)],
)
def test_back_off_grows_is_bounded_and_jittered(
    tmp_path: Path, clock: StoppedClock, attempts: int, random: float, seconds: float
) -> None:
    def send(job: Job) -> None:
        raise DeliveryFailed("no", retry=True)

    with temporary_store(tmp_path, clock) as store:
        jobs = SqlJobStore(store, clock)
        store.write(lambda u: u.outbox.enqueue(NewJob(kind=SR, lane="l", key="k", max_attempts=1000)))
        for _ in range(attempts - 1):
            (job,) = jobs.claim([SR], 1, timedelta(seconds=1))
            jobs.retry(job, "no", timedelta(0))
        assert Worker(jobs, {SR: send}, clock, lambda: random, WorkerSettings()).run_due(limit=1) == 1
        (waiting,) = jobs.listing(JobState.PENDING)
        assert (waiting.due_at - clock()).total_seconds() == pytest.approx(seconds)


def test_run_due_carries_out_what_is_due_and_returns(desk: Desk) -> None:
    sent: list[str] = []
    for n in range(3):
        desk.enqueue(f"k{n}")
    desk.enqueue("later", due_at=utc_now() + timedelta(hours=1))
    worker = Worker(desk.jobs, {SR: lambda job: sent.append(job.key)}, utc_now, lambda: 0.5, FAST)
    assert worker.run_due() == 3
    assert sorted(sent) == ["k0", "k1", "k2"]


def test_r33_escalations_that_came_due_while_the_process_was_down_fire_once_oldest_first(
    tmp_path: Path, clock: StoppedClock
) -> None:
    with temporary_store(tmp_path, clock) as store:
        for n in reversed(range(50)):
            due = clock() + timedelta(minutes=n)
            store.write(
                lambda u, n=n, due=due: u.outbox.enqueue(
                    NewJob(kind=TIMER, lane=f"t{n}", key=f"{n:02}", due_at=due)
                )
            )
    clock.advance(hours=2)
    fired: list[str] = []
    with temporary_store(tmp_path, clock) as store:
        pool = {"timers": Pool(kinds=(TIMER,))}
        worker = Worker(
            SqlJobStore(store, clock),
            {TIMER: lambda job: fired.append(job.key)},
            clock,
            lambda: 0.5,
            WorkerSettings(pools=pool),
        )
        assert worker.run_due() == 50
        assert worker.run_due() == 0
    assert fired == [f"{n:02}" for n in range(50)]


def test_a_mistake_while_leases_are_prolonged_ends_no_prolonging(desk: Desk) -> None:
    mistakes = [TypeError("ours")]

    class Broken(SqlJobStore):
        def extend(self, job: Job, lease: timedelta) -> bool:
            if mistakes:
                raise mistakes.pop()
            return super().extend(job, lease)

    runs: list[str] = []
    done = threading.Event()

    def slow(job: Job) -> None:
        runs.append(job.key)
        done.wait()

    desk.enqueue("k1")
    clock = StoppedClock(utc_now())
    jobs, others = Counted(Broken(desk.store, clock)), Counted(SqlJobStore(desk.store, clock))
    first = desk.start({SR: slow}, BRIEF, jobs, clock)
    until(lambda: not mistakes)
    desk.start({SR: slow}, BRIEF, others, clock)
    outlive_the_lease(clock, jobs)
    others.more("claim")
    done.set()
    desk.wait("k1")
    assert runs == ["k1"], "who still works at a job does not lose it to another"
    assert first.alive()
