"""What every JobStore must do, whatever keeps its jobs.

A driver's test module subclasses :class:`JobStoreConformance` and gives the fixture
`bench`: the job store, the outbox of the same database, and a hand on the database's clock.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from plugin.delivery.jobs import JobStore
from plugin.domain.delivery import Job, JobKind, JobState, NewJob

LEASE = timedelta(seconds=30)
SR, NOTICE, TIMER = JobKind.SEND_SR, JobKind.SEND_NOTICE, JobKind.ESCALATE_ALERT


@dataclass
class Bench:
    """A job store under test.

    Parameters
    ----------
    transact
        Runs a function of the unit of work in a transaction (``store.write``).
    now, advance
        The clock that the job store goes by.
    effort
        What the database does while a function runs, in whatever it can count.
    """

    jobs: JobStore
    transact: Callable[[Callable[[Any], Any]], Any]
    now: Callable[[], datetime]
    advance: Callable[[timedelta], None]
    effort: Callable[[Callable[[], object]], int]
    many: int = 20_000
    """Jobs behind a dead head; fewer where each costs a round trip to a server."""

    def enqueue(self, key: str, lane: str = "", kind: JobKind = SR, **more: Any) -> None:
        job = NewJob(kind=kind, lane=lane or key, key=key, **more)
        self.transact(lambda uow: uow.outbox.enqueue(job))

    def claim(self, *kinds: JobKind, limit: int = 10) -> list[Job]:
        return self.jobs.claim(kinds or (SR, NOTICE, TIMER), limit, LEASE)

    def keys(self, *kinds: JobKind, limit: int = 10) -> list[str]:
        return [job.key for job in self.claim(*kinds, limit=limit)]

    def state(self, key: str) -> JobState:
        (job,) = (job for job in self.jobs.listing(None, limit=1000) if job.key == key)
        return job.state


class JobStoreConformance:
    """Subclass it with a fixture `bench`."""

    def test_a_job_comes_back_as_it_was_asked_for(self, bench: Bench) -> None:
        bench.enqueue("k1", lane="患者𠮷", payload={"accession_number": "A1", "文本": ["龘", 1, None]})
        (job,) = bench.claim()
        assert (job.kind, job.lane, job.key) == (SR, "患者𠮷", "k1")
        assert job.payload == {"accession_number": "A1", "文本": ["龘", 1, None]}
        assert (job.state, job.attempts, job.fence) == (JobState.RUNNING, 1, 1)

    def test_a_job_exists_only_when_its_transaction_commits(self, bench: Bench) -> None:
        def work(uow: Any) -> None:
            uow.outbox.enqueue(NewJob(kind=SR, lane="l", key="k1"))
            raise ValueError("the journey fails")

        with pytest.raises(ValueError, match="the journey fails"):
            bench.transact(work)
        assert bench.claim() == []

    def test_the_same_key_is_the_same_job(self, bench: Bench) -> None:
        bench.enqueue("k1", payload={"n": 1})
        bench.enqueue("k1", payload={"n": 2})
        (job,) = bench.claim()
        assert job.payload == {"n": 1}
        assert bench.jobs.complete(job)
        bench.enqueue("k1")
        assert bench.claim() == []

    def test_a_claimed_job_is_not_claimed_twice(self, bench: Bench) -> None:
        bench.enqueue("k1")
        assert bench.keys() == ["k1"]
        assert bench.keys() == []

    def test_only_the_asked_kinds_are_claimed(self, bench: Bench) -> None:
        bench.enqueue("sr")
        bench.enqueue("notice", kind=NOTICE)
        assert bench.keys(NOTICE) == ["notice"]
        assert bench.keys(NOTICE, SR) == ["sr"]

    def test_a_lane_goes_in_order_one_at_a_time(self, bench: Bench) -> None:
        for n in range(3):
            bench.enqueue(f"k{n}", lane="one")
        for n in range(3):
            (job,) = bench.claim()
            assert job.key == f"k{n}"
            assert bench.claim() == []
            assert bench.jobs.complete(job)
        assert bench.claim() == []

    def test_lanes_do_not_wait_for_each_other(self, bench: Bench) -> None:
        bench.enqueue("a1", lane="a")
        bench.enqueue("a2", lane="a")
        bench.enqueue("b1", lane="b")
        assert sorted(bench.keys()) == ["a1", "b1"]

    def test_not_before_it_is_due_and_oldest_first(self, bench: Bench) -> None:
        now = bench.now()
        bench.enqueue("late", kind=TIMER, due_at=now + timedelta(seconds=20))
        bench.enqueue("soon", kind=TIMER, due_at=now + timedelta(seconds=10))
        assert bench.keys() == []
        bench.advance(timedelta(seconds=15))
        assert bench.keys() == ["soon"]
        bench.advance(timedelta(seconds=10))
        assert bench.keys() == ["late"]

    def test_overdue_timers_come_oldest_first(self, bench: Bench) -> None:
        now = bench.now()
        for n in (3, 1, 2):
            bench.enqueue(f"t{n}", kind=TIMER, due_at=now + timedelta(seconds=n))
        bench.advance(timedelta(hours=1))
        assert bench.keys() == ["t1", "t2", "t3"]

    def test_retry_comes_back_after_its_delay_and_holds_its_lane(self, bench: Bench) -> None:
        bench.enqueue("k1", lane="one")
        bench.enqueue("k2", lane="one")
        (job,) = bench.claim()
        assert bench.jobs.retry(job, "连接被拒绝", timedelta(seconds=20))
        assert bench.claim() == []
        bench.advance(timedelta(seconds=21))
        (again,) = bench.claim()
        assert (again.key, again.attempts, again.last_error) == ("k1", 2, "连接被拒绝")
        assert again.fence > job.fence

    def test_attempts_used_up_park_the_job(self, bench: Bench) -> None:
        bench.enqueue("k1", max_attempts=2)
        for _ in range(2):
            (job,) = bench.claim()
            assert bench.jobs.retry(job, "no", timedelta(0))
        assert bench.claim() == []
        (parked,) = bench.jobs.listing(JobState.PARKED)
        assert (parked.key, parked.last_error) == ("k1", "no")

    def test_a_parked_job_does_not_block_its_lane(self, bench: Bench) -> None:
        bench.enqueue("k1", lane="one")
        bench.enqueue("k2", lane="one")
        (job,) = bench.claim()
        assert bench.jobs.park(job, "拒绝")
        assert bench.keys() == ["k2"]
        assert bench.state("k1") is JobState.PARKED

    def test_a_parked_job_can_be_sent_again_with_fresh_attempts(self, bench: Bench) -> None:
        bench.enqueue("k1", max_attempts=1)
        (job,) = bench.claim()
        bench.jobs.retry(job, "no", timedelta(0))
        assert bench.jobs.requeue(job.job_id)
        assert not bench.jobs.requeue(job.job_id)
        (again,) = bench.claim()
        assert (again.key, again.attempts) == ("k1", 1)
        assert bench.jobs.complete(again)

    def test_a_requeued_job_takes_its_old_place_but_interrupts_nobody(self, bench: Bench) -> None:
        for n in (1, 2, 3):
            bench.enqueue(f"k{n}", lane="one")
        (first,) = bench.claim()
        bench.jobs.park(first, "no")
        (second,) = bench.claim()
        assert bench.jobs.requeue(first.job_id)
        assert bench.claim() == []
        assert bench.jobs.complete(second)
        assert bench.keys() == ["k1"]

    def test_only_a_parked_job_is_requeued(self, bench: Bench) -> None:
        bench.enqueue("k1")
        (job,) = bench.claim()
        assert not bench.jobs.requeue(job.job_id)
        assert not bench.jobs.requeue(job.job_id + 1000)

    def test_an_expired_lease_lets_another_take_over(self, bench: Bench) -> None:
        bench.enqueue("k1")
        (old,) = bench.claim()
        bench.advance(LEASE + timedelta(seconds=1))
        (new,) = bench.claim()
        assert (new.job_id, new.fence > old.fence) == (old.job_id, True)

    def test_the_old_holder_settles_nothing(self, bench: Bench) -> None:
        bench.enqueue("k1")
        (old,) = bench.claim()
        bench.advance(LEASE + timedelta(seconds=1))
        (new,) = bench.claim()
        effects: list[str] = []
        assert not bench.jobs.complete(old, lambda uow: effects.append("old"))
        assert not bench.jobs.retry(old, "old", timedelta(0))
        assert not bench.jobs.park(old, "old")
        assert not bench.jobs.extend(old, LEASE)
        assert bench.jobs.complete(new, lambda uow: effects.append("new"))
        assert effects == ["new"]

    def test_an_extended_lease_is_kept(self, bench: Bench) -> None:
        bench.enqueue("k1")
        (job,) = bench.claim()
        bench.advance(LEASE - timedelta(seconds=5))
        assert bench.jobs.extend(job, LEASE)
        bench.advance(timedelta(seconds=10))
        assert bench.claim() == []
        assert bench.jobs.complete(job)

    def test_a_late_holder_whom_nobody_replaced_may_still_complete(self, bench: Bench) -> None:
        bench.enqueue("k1")
        (job,) = bench.claim()
        bench.advance(LEASE * 2)
        assert bench.jobs.complete(job)

    def test_a_job_whose_workers_vanish_is_parked_in_the_end(self, bench: Bench) -> None:
        bench.enqueue("poison", lane="one", max_attempts=3)
        bench.enqueue("next", lane="one")
        for _ in range(3):
            assert bench.keys() == ["poison"]
            bench.advance(LEASE + timedelta(seconds=1))
        assert bench.keys() == ["next"]
        assert bench.state("poison") is JobState.PARKED

    def test_effect_and_completion_are_one(self, bench: Bench) -> None:
        bench.enqueue("k1")
        (job,) = bench.claim()

        def effect(uow: Any) -> None:
            uow.outbox.enqueue(NewJob(kind=NOTICE, lane="n", key="followed"))
            raise ValueError("half way")

        with pytest.raises(ValueError, match="half way"):
            bench.jobs.complete(job, effect)
        assert bench.keys(NOTICE) == []
        assert bench.state("k1") is JobState.RUNNING
        assert bench.jobs.complete(
            job, lambda uow: uow.outbox.enqueue(NewJob(kind=NOTICE, lane="n", key="followed"))
        )
        assert bench.keys(NOTICE) == ["followed"]

    def test_completing_twice_has_one_effect(self, bench: Bench) -> None:
        bench.enqueue("k1")
        (job,) = bench.claim()
        effects: list[int] = []
        assert bench.jobs.complete(job, lambda uow: effects.append(1))
        assert not bench.jobs.complete(job, lambda uow: effects.append(2))
        assert effects == [1]

    def test_a_waiting_job_can_be_cancelled_and_frees_its_lane(self, bench: Bench) -> None:
        bench.enqueue("k1", lane="one", due_at=bench.now() + timedelta(hours=1))
        bench.enqueue("k2", lane="one")
        assert bench.claim() == []
        assert bench.transact(lambda uow: uow.outbox.cancel("k1")) is True
        assert bench.keys() == ["k2"]
        assert bench.state("k1") is JobState.CANCELLED

    def test_cancel_behind_the_head_leaves_the_head(self, bench: Bench) -> None:
        for n in (1, 2, 3):
            bench.enqueue(f"k{n}", lane="one")
        assert bench.transact(lambda uow: uow.outbox.cancel("k2")) is True
        (job,) = bench.claim()
        assert job.key == "k1"
        bench.jobs.complete(job)
        assert bench.keys() == ["k3"]

    def test_a_claimed_done_or_unknown_job_cannot_be_cancelled(self, bench: Bench) -> None:
        def cancel(key: str) -> Any:
            return bench.transact(lambda uow: uow.outbox.cancel(key))

        bench.enqueue("k1")
        (job,) = bench.claim()
        assert cancel("k1") is False
        bench.jobs.complete(job)
        assert cancel("k1") is False
        assert cancel("unknown") is False

    def test_counts_and_listing(self, bench: Bench) -> None:
        empty = bench.jobs.counts()
        assert (empty.pending, empty.running, empty.parked, empty.oldest_due_at) == (0, 0, 0, None)
        now = bench.now()
        bench.enqueue("parked")
        (job,) = bench.claim()
        bench.jobs.park(job, "no")
        bench.enqueue("running")
        bench.claim()
        bench.enqueue("later", due_at=now + timedelta(hours=2))
        bench.enqueue("sooner", due_at=now + timedelta(hours=1))
        counts = bench.jobs.counts()
        assert (counts.pending, counts.running, counts.parked) == (2, 1, 1)
        assert counts.oldest_due_at == now + timedelta(hours=1)
        assert [j.key for j in bench.jobs.listing(JobState.PENDING)] == ["sooner", "later"]
        assert len(bench.jobs.listing(None)) == 4
        assert len(bench.jobs.listing(None, limit=3)) == 3
        bench.enqueue("told", kind=JobKind.SEND_NOTICE, due_at=now + timedelta(hours=1))
        both = (JobKind.SEND_NOTICE, JobKind.SEND_SR)
        assert [j.key for j in bench.jobs.listing(JobState.PENDING, kinds=both[:1])] == ["told"]
        assert [j.key for j in bench.jobs.listing(JobState.PENDING, 2, both)] == ["told", "sooner"]
        assert [j.key for j in bench.jobs.listing(None, kinds=both[:1])] == ["told"]
        found = bench.jobs.get(job.job_id)
        assert found is not None
        assert found.state is JobState.PARKED
        assert bench.jobs.get(10**9) is None

    def test_racing_workers_share_the_jobs(self, bench: Bench) -> None:
        for n in range(40):
            bench.enqueue(f"k{n}", lane=f"lane{n % 10}")

        def work(_: int) -> list[str]:
            done = []
            while claimed := bench.claim(limit=2):
                for job in claimed:
                    assert bench.jobs.complete(job)
                    done.append(job.key)
            return done

        with ThreadPoolExecutor(4) as pool:
            done = [key for keys in pool.map(work, range(4)) for key in keys]
        # A thread may stop while a lane is held by another; what is left goes now.
        done += work(0)
        assert sorted(done) == sorted(f"k{n}" for n in range(40))

    def test_a_claim_does_not_search_past_the_jobs_behind_a_dead_head(self, bench: Bench) -> None:
        """R8."""

        def fill(first: int, last: int) -> None:
            def work(uow: Any) -> None:
                for n in range(first, last):
                    uow.outbox.enqueue(NewJob(kind=SR, lane="dead", key=f"dead{n}"))

            bench.transact(work)

        def effort_of_a_claim(key: str) -> int:
            bench.enqueue(key)
            claimed: list[Job] = []
            effort = bench.effort(lambda: claimed.extend(bench.claim(limit=1)))
            assert [job.key for job in claimed] == [key]
            return effort

        fill(0, 10)
        (head,) = bench.claim()
        bench.jobs.retry(head, "the PACS is down", timedelta(hours=1))
        few = effort_of_a_claim("live0")
        fill(10, bench.many)
        many = effort_of_a_claim("live1")
        assert 0 < many < 2 * few, (few, many)
