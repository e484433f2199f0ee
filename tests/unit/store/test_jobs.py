from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import StoppedClock
from postgres import PostgresServer
from sqlalchemy import text
from stores import temporary_store
from unit.delivery.jobstore_conformance import Bench, JobStoreConformance

from plugin.domain.delivery import JobKind, NewJob
from plugin.store.jobs import SqlJobStore
from plugin.store.link import Link, Prepared
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore
from plugin.store.unit_of_work import SqlUnitOfWork

_ROWS_READ = Prepared(
    text("select sum(seq_tup_read + coalesce(idx_tup_fetch, 0)) from pg_stat_xact_user_tables"), writes=False
)


class Watched:
    """A store that counts what its database does: SQLite's instructions, rows that PostgreSQL reads."""

    def __init__(self, store: SqlStore) -> None:
        self._store, self.effort = store, 0

    def write(self, work: Callable[[SqlUnitOfWork], Any]) -> Any:
        return self._store.write(lambda unit: self._counted(unit, work))

    def read(self, query: Callable[[SqlUnitOfWork], Any]) -> Any:
        return self._store.read(lambda unit: self._counted(unit, query))

    def _counted(self, unit: SqlUnitOfWork, work: Callable[[SqlUnitOfWork], Any]) -> Any:
        if not self._store.database.is_sqlite:
            before = _rows_read(unit.link)
            done = work(unit)
            self.effort += _rows_read(unit.link) - before
            return done
        connection = unit.link._connection
        connection.set_progress_handler(self._instruction, 1)
        try:
            return work(unit)
        finally:
            connection.set_progress_handler(None, 1)

    def _instruction(self) -> int:
        self.effort += 1
        return 0

    def during(self, work: Callable[[], object]) -> int:
        before = self.effort
        work()
        return self.effort - before


def _rows_read(link: Link) -> int:
    """In this transaction; what was read by an index and by whole tables."""
    return int(link.rows(_ROWS_READ, {})[0][0])


class TestSqlJobStore(JobStoreConformance):
    """On both databases."""

    @pytest.fixture
    def bench(self, store: SqlStore, clock: StoppedClock) -> Bench:
        watched = Watched(store)
        return Bench(
            jobs=SqlJobStore(cast(SqlStore, watched), clock),
            transact=store.write,
            now=clock,
            advance=lambda span: clock.advance(seconds=span / timedelta(seconds=1)),
            effort=watched.during,
            many=20_000 if store.database.is_sqlite else 2_000,
        )

    def test_jobs_survive_the_process(self, tmp_path: Path, clock: StoppedClock) -> None:
        folder = tmp_path / "data"
        with temporary_store(folder, clock) as store:
            bench = Bench(SqlJobStore(store, clock), store.write, clock, lambda span: None, lambda work: 0)
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
            bench = Bench(SqlJobStore(store, clock), store.write, clock, lambda span: None, lambda work: 0)
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


def test_nodes_on_postgresql_share_the_jobs_and_keep_each_lane_in_order(
    tmp_path: Path, clock: StoppedClock, postgres: PostgresServer, migrated: str
) -> None:
    settings = StoreSettings(url=postgres.new_database(migrated))
    with (
        temporary_store(tmp_path / "one", clock, settings) as one,
        temporary_store(tmp_path / "two", clock, settings) as two,
    ):
        for number in range(60):
            lane = f"lane{number % 6}"
            job = NewJob(kind=JobKind.SEND_SR, lane=lane, key=f"{lane}:{number:02}")
            (one, two)[number % 2].write(lambda uow, job=job: uow.outbox.enqueue(job))
        carried_out: list[str] = []
        at_work: Counter[str] = Counter()

        def node(store: SqlStore) -> None:
            jobs, idle = SqlJobStore(store, clock), 0
            while idle < 20:
                claimed = jobs.claim([JobKind.SEND_SR], 2, timedelta(minutes=1))
                idle = 0 if claimed else idle + 1
                for job in claimed:
                    at_work[job.lane] += 1
                    assert at_work[job.lane] == 1, "two of a lane at once"
                    carried_out.append(job.key)
                    at_work[job.lane] -= 1
                    assert jobs.complete(job)

        with ThreadPoolExecutor(4) as nodes:
            for done in [nodes.submit(node, store) for store in (one, two, one, two)]:
                done.result()
    assert len(carried_out) == len(set(carried_out)) == 60
    for number in range(6):
        of_lane = [key for key in carried_out if key.startswith(f"lane{number}:")]
        assert of_lane == sorted(of_lane)
