from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import StoppedClock
from stores import temporary_store
from unit.delivery.jobstore_conformance import Bench, JobStoreConformance

from plugin.store.jobs import SqlJobStore


class TestSqlJobStore(JobStoreConformance):
    @pytest.fixture
    def bench(self, tmp_path: Path, clock: StoppedClock) -> Iterator[Bench]:
        with temporary_store(tmp_path, clock) as store:
            yield Bench(
                jobs=SqlJobStore(store, clock),
                transact=store.write,
                now=clock,
                advance=lambda span: clock.advance(seconds=span / timedelta(seconds=1)),
            )

    def test_jobs_survive_the_process(self, tmp_path: Path, clock: StoppedClock) -> None:
        folder = tmp_path / "data"
        with temporary_store(folder, clock) as store:
            bench = Bench(SqlJobStore(store, clock), store.write, clock, lambda span: None)
            bench.enqueue("k1", lane="one")
            bench.enqueue("k2", lane="one")
            (job,) = bench.claim()
        with temporary_store(folder, clock) as store:
            jobs = SqlJobStore(store, clock)
            assert jobs.complete(job)
            assert [j.key for j in jobs.claim([job.kind], 5, timedelta(seconds=5))] == ["k2"]

    def test_what_was_at_work_when_the_process_died_need_not_wait(
        self, tmp_path: Path, clock: StoppedClock
    ) -> None:
        folder = tmp_path / "data"
        with temporary_store(folder, clock) as store:
            bench = Bench(SqlJobStore(store, clock), store.write, clock, lambda span: None)
            bench.enqueue("k1", lane="one")
            (job,) = bench.claim()
        with temporary_store(folder, clock) as store:
            jobs = SqlJobStore(store, clock)
            assert jobs.claim([job.kind], 5, timedelta(seconds=5)) == []
            assert jobs.resume() == 1
            (again,) = jobs.claim([job.kind], 5, timedelta(seconds=5))
            assert (again.key, again.fence) == ("k1", job.fence + 1)
            assert not jobs.complete(job)
            assert jobs.complete(again)
