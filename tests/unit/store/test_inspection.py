from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from stores import temporary_store

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.errors import StoreUnavailable
from plugin.domain.report import Exam, Report
from plugin.store.engine import Database
from plugin.store.inspection import Inspection, inspect
from plugin.store.jobs import SqlJobStore
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore


def looked_at(folder: Path) -> Inspection:
    database = Database(StoreSettings(), folder)
    try:
        return inspect(database)
    finally:
        database.close()


def tamper(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder / "signgate.sqlite") as connection:
        assert connection.execute(statement).rowcount > 0


@pytest.fixture
def folder(tmp_path: Path, clock: StoppedClock) -> Path:
    def work(uow: Any) -> None:
        for n in range(3):
            uow.outbox.enqueue(NewJob(kind=JobKind.SEND_SR, lane="l", key=f"k{n}"))
        uow.reports.save(
            Report(exam=Exam(accession_number="A1"), findings="x"), [], source="oru", at=clock(), rulebook="r"
        )

    with temporary_store(tmp_path, clock) as store:
        store.write(work)
        jobs = SqlJobStore(store, clock)
        (job,) = jobs.claim([JobKind.SEND_SR], 1, timedelta(seconds=30))
        jobs.complete(job)
    return tmp_path


def test_a_whole_database_has_counts_and_no_problems(folder: Path) -> None:
    found = looked_at(folder)
    assert found.problems == ()
    assert (found.counts["jobs"], found.counts["lanes"], found.counts["reports"]) == (3, 1, 1)


def test_it_runs_beside_the_writer(folder: Path, clock: StoppedClock) -> None:
    with temporary_store(folder, clock) as store:
        assert isinstance(store, SqlStore)
        assert looked_at(folder).problems == ()


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("DELETE FROM lanes", "job 2 waits in lane l, which nobody serves"),
        ("UPDATE lanes SET head_id = 1", "lane l waits for job 1, which is settled"),
        ("UPDATE exams SET report_id = 77", "examination A1 names a report version that is not its own"),
        ("DELETE FROM exams", "examination A1 has report versions, but none stands"),
        ("UPDATE lanes SET head_id = 77", "points to a row of jobs that is not there"),
    ],
)
def test_what_is_wrong_is_told(folder: Path, tampering: str, told: str) -> None:
    tamper(folder, tampering)
    assert any(told in problem for problem in looked_at(folder).problems)


def test_no_database_is_told_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="no database at"):
        looked_at(tmp_path)
    assert list(tmp_path.iterdir()) == []
