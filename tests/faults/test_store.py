"""Faults of the database and of the process over it (the table of faults: R1, R2, R7, R9, R10 to R16, R34, R38, R40)."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic import command
from conftest import ROOT, StoppedClock
from patience import PATIENCE_S, until
from postgres import PostgresServer, postgres_server
from stores import temporary_store

from plugin.bootstrap.probes import build_probes, unwritten
from plugin.delivery.worker import Pool, Worker, WorkerSettings
from plugin.domain.critical import Alert, AlertState, AlertStep, CriticalFinding, CriticalState, Tier
from plugin.domain.delivery import Job, JobKind, JobState, NewJob
from plugin.domain.errors import DeliveryFailed, GateConflict, StoreUnavailable
from plugin.domain.issue import Section
from plugin.store import schema
from plugin.store.engine import Database, protect
from plugin.store.group import Item
from plugin.store.inspection import inspect
from plugin.store.jobs import SqlJobStore
from plugin.store.link import Link
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore
from plugin.store.writer import Writer

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)


def note(number: int, size: int = 10) -> Callable[[Any], int]:
    def work(uow: Any) -> int:
        uow.calls.add("test", str(number), "d", 200, "x" * size, NOW)
        return number

    return work


def noted(store: SqlStore, number: int) -> bool:
    return store.read(lambda uow: uow.calls.find("test", str(number))) is not None


def problems(folder: Path) -> tuple[str, ...]:
    database = Database(StoreSettings(), folder)
    try:
        return inspect(database).problems
    finally:
        database.close()


def run(script: str, *arguments: object) -> subprocess.Popen[str]:
    """A process of its own, which may be killed."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


INGEST = """
import sys, structlog
from pathlib import Path
structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
from faults.test_store import note
from stores import temporary_store
with temporary_store(Path(sys.argv[1])) as store:
    number = int(sys.argv[2])
    while True:
        # Groups as the listener makes them: many wait, each is acknowledged when its future is resolved.
        waiting = [store.submit(note(number + n)) for n in range(8)]
        number += 8
        for future in waiting:
            print(future.result(), flush=True)
"""


@pytest.mark.parametrize("moment_s", [0.05, 0.11, 0.23])
def test_r1_r2_r38_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path, moment_s: float) -> None:
    acknowledged: list[int] = []
    for life in range(2):
        process = run(INGEST, tmp_path, life * 1_000_000)
        assert process.stdout
        acknowledged.append(int(process.stdout.readline()))
        time.sleep(moment_s)
        process.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in process.stdout if line.endswith("\n")]
        process.wait()
    with temporary_store(tmp_path) as store:
        assert [n for n in acknowledged if not noted(store, n)] == []
        # What had been committed but not acknowledged is found by its key: a resend has no second effect.
        with pytest.raises(GateConflict):
            store.write(note(acknowledged[-1]))
    assert problems(tmp_path) == ()


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """A disk that is full, without the rights to mount one: writes beyond `size` fail."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_r10_disk_full_refuses_and_resumes_without_restart(tmp_path: Path) -> None:
    clock = StoppedClock()
    with temporary_store(tmp_path, clock) as store:
        store.write(note(0))
        (database,) = build_probes(store, None, {}).values()
        assert database() is None
        largest = max(file.stat().st_size for file in tmp_path.iterdir())
        kept = []
        with files_no_larger_than(largest + 100_000):
            with pytest.raises(StoreUnavailable, match="disk"):
                for number in range(1, 100):
                    store.write(note(number, size=20_000))
                    kept.append(number)
            refused = kept[-1] + 1 if kept else 1
            with pytest.raises(StoreUnavailable):
                store.write(note(refused, size=20_000))
            assert store.read(lambda uow: uow.people.count()) == 0
        assert "disk" in (database() or ""), "all may be read, and the node is not ready (/readyz)"
        assert ["disk" in str(told.values["reason"]) for told in unwritten(store)] == [True], (
            "the banner of the console"
        )
        assert not noted(store, refused)
        assert store.write(note(refused, size=20_000)) == refused
        clock.advance(seconds=31)
        assert database() is None
        assert all(noted(store, number) for number in [0, *kept])
    assert problems(tmp_path) == ()


def test_r12_a_read_only_database_refuses_and_recovers(tmp_path: Path) -> None:
    with temporary_store(tmp_path) as store:
        store.write(note(0))

        def lose_rights(uow: Any) -> None:
            uow.link._connection.execute("PRAGMA query_only = ON")
            note(1)(uow)

        with pytest.raises(StoreUnavailable, match="read-only"):
            store.write(lose_rights)
        assert store.write(note(1)) == 1
        assert noted(store, 0)


def test_r12_a_file_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    with temporary_store(tmp_path) as store:
        store.write(note(0))
    if os.geteuid() == 0:
        # To root every file is writable: let somebody else try.
        for path in (tmp_path, tmp_path / "signgate.sqlite"):
            os.chown(path, 65534, 65534)
        for parent in tmp_path.parents:
            if parent.stat().st_mode & 0o001 == 0 and str(parent).startswith("/tmp/"):
                parent.chmod(0o711)
    (tmp_path / "signgate.sqlite").chmod(0o400)
    (tmp_path / "signgate.lock").unlink()
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom stores import temporary_store\n"
        "from plugin.domain.errors import StoreUnavailable\n"
        "if os.geteuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "try:\n    with temporary_store(Path(sys.argv[1])) as store: print('opened')\n"
        "except StoreUnavailable as error: print('refused:', error)\n"
    )
    answer = run(script, tmp_path).communicate(timeout=PATIENCE_S)[0]
    assert answer.startswith("refused: database")
    assert "signgate.sqlite" in answer


def test_r15_a_lock_held_by_another_process_is_told_in_time_to_all_who_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = StoreSettings(busy_timeout_s=0.5, group_max=4)
    with temporary_store(tmp_path, settings=settings) as store:
        store.write(note(0))
        other = sqlite3.connect(tmp_path / "signgate.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        threads = set(threading.enumerate())
        begun: list[int] = []
        begin = Writer._begin

        def counted(writer: Writer, group: Sequence[Item], alone: bool) -> Link:
            begun.append(1)
            return begin(writer, group, alone)

        monkeypatch.setattr(Writer, "_begin", counted)
        with store._writer._changed:  # the writer takes none before all are there
            waiting: list[Future[int]] = [store.submit(note(n)) for n in range(1, 101)]
        for future in waiting:
            with pytest.raises(StoreUnavailable, match="locked by another process"):
                future.result(PATIENCE_S)
        assert len(begun) == 1, "25 groups wait for one time-out, and not each for its own"
        assert not set(threading.enumerate()) - threads
        assert noted(store, 0)
        other.execute("ROLLBACK")
        other.close()
        assert store.write(note(1)) == 1
        assert len(begun) == 2


def test_r13_postgresql_stopped_hard_and_started_again(tmp_path: Path, postgres: PostgresServer) -> None:
    settings = StoreSettings(url=postgres.new_database())
    with temporary_store(tmp_path, settings=settings) as store:
        for number in range(20):
            store.write(note(number))
        postgres.stop("immediate")
        with pytest.raises(StoreUnavailable):
            store.write(note(100))
        with pytest.raises(StoreUnavailable):
            store.read(lambda uow: uow.people.count())
        postgres.start()
        assert store.write(note(100)) == 100
        assert all(noted(store, number) for number in [*range(20), 100])


def test_r14_a_connection_lost_in_the_transaction_keeps_nothing(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    settings = StoreSettings(url=postgres.new_database())
    with temporary_store(tmp_path, settings=settings) as store:

        def cut(uow: Any) -> None:
            note(1)(uow)
            pid = uow.link._connection.info.backend_pid
            with psycopg.connect(postgres.address("postgres"), autocommit=True) as killer:
                assert killer.execute("SELECT pg_terminate_backend(%s, 60000)", (pid,)).fetchone() == (True,)

        with pytest.raises(StoreUnavailable):
            store.write(cut)
        assert not noted(store, 1)
        assert store.write(note(1)) == 1


def test_r14_a_connection_lost_between_two_groups_is_made_again_unseen(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    settings = StoreSettings(url=postgres.new_database())
    others = (
        "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity "
        "WHERE application_name = 'signgate' AND datname = current_database()"
    )
    with temporary_store(tmp_path, settings=settings) as store:
        for number in range(3):
            assert store.write(note(number)) == number
            assert noted(store, number)
            name = settings.url.rpartition("@/")[2].partition("?")[0]
            with psycopg.connect(postgres.address(name), autocommit=True) as killer:
                assert killer.execute(others).fetchall()
        assert all(noted(store, number) for number in range(3))


def test_r12_a_commit_that_the_server_refuses_keeps_nothing(tmp_path: Path, postgres: PostgresServer) -> None:
    settings = StoreSettings(url=postgres.new_database())
    name = settings.url.rpartition("@/")[2].partition("?")[0]
    with temporary_store(tmp_path, settings=settings) as store:
        assert store.write(note(1)) == 1
        with psycopg.connect(postgres.address(name), autocommit=True) as disk:
            disk.execute(
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
            )
            disk.execute(
                "CREATE CONSTRAINT TRIGGER no_room AFTER INSERT ON seen_calls DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION full_disk()"
            )
            refused = [store.submit(note(number)) for number in range(2, 6)]
            for each in refused:
                with pytest.raises(StoreUnavailable, match="could not extend file"):
                    each.result(60)
            disk.execute("DROP TRIGGER no_room ON seen_calls")
        assert not any(noted(store, number) for number in range(2, 6))
        assert store.write(note(6)) == 6


KILLED_AFTER_SENDING = """
import os, signal, sys
from datetime import timedelta
from pathlib import Path
from plugin.domain.delivery import JobKind
from plugin.store.jobs import SqlJobStore
from stores import temporary_store, utc_now
with temporary_store(Path(sys.argv[1])) as store:
    (job,) = SqlJobStore(store, utc_now).claim([JobKind.SEND_SR], 1, timedelta(seconds=0.2))
    with open(sys.argv[2], "a") as pacs:
        pacs.write(job.payload["sop_instance_uid"] + "\\n")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_r16_kill_9_after_sending_before_marking_sends_the_same_object(tmp_path: Path) -> None:
    folder, pacs = tmp_path / "data", tmp_path / "pacs"
    with temporary_store(folder) as store:
        job = NewJob(kind=JobKind.SEND_SR, lane="A1", key="sr", payload={"sop_instance_uid": "2.25.7"})
        store.write(lambda uow: uow.outbox.enqueue(job))
    assert run(KILLED_AFTER_SENDING, folder, pacs).wait(PATIENCE_S) == -signal.SIGKILL
    later = datetime.now(UTC) + timedelta(seconds=1)
    until(lambda: datetime.now(UTC) > later)  # its lease has run out

    def send(job: Job) -> None:
        with pacs.open("a") as sent:
            sent.write(job.payload["sop_instance_uid"] + "\n")

    with temporary_store(folder) as store:
        jobs = SqlJobStore(store, lambda: datetime.now(UTC))
        worker = Worker(
            jobs, {JobKind.SEND_SR: send}, lambda: datetime.now(UTC), lambda: 0.5, WorkerSettings()
        )
        assert worker.run_due() == 1
        assert [job.state for job in jobs.listing(None)] == [JobState.DONE]
    assert pacs.read_text().split() == ["2.25.7", "2.25.7"]


def test_r7_one_patients_jobs_from_two_connections_run_in_commit_order_without_overlap(
    tmp_path: Path,
) -> None:
    order: list[int] = []
    overlaps: list[int] = []
    at_work = threading.Lock()

    def send(job: Job) -> None:
        if not at_work.acquire(blocking=False):
            overlaps.append(job.job_id)
            return
        order.append(job.job_id)
        at_work.release()

    def connection(name: str) -> None:
        for n in range(250):
            job = NewJob(kind=JobKind.SEND_HL7, lane="P1", key=f"{name}{n}")
            store.write(lambda uow, job=job: uow.outbox.enqueue(job))

    with temporary_store(tmp_path) as store:
        jobs = SqlJobStore(store, lambda: datetime.now(UTC))
        settings = WorkerSettings(poll_s=0.01, pools={"hl7": Pool(kinds=(JobKind.SEND_HL7,), threads=4)})
        worker = Worker(jobs, {JobKind.SEND_HL7: send}, lambda: datetime.now(UTC), lambda: 0.5, settings)
        worker.start()
        with ThreadPoolExecutor(2) as pool:
            for future in [pool.submit(connection, name) for name in "ab"]:
                future.result(PATIENCE_S)
        until(lambda: len(order) + len(overlaps) >= 500)
        assert worker.stop(PATIENCE_S)
    assert overlaps == []
    assert order == sorted(order)
    assert len(order) == 500


def test_r9_a_pacs_that_was_down_gets_everything_in_order_and_without_a_storm(tmp_path: Path) -> None:
    down = threading.Event()
    down.set()
    stored: dict[str, list[int]] = {}
    associations, most = 0, 0
    counting = threading.Lock()

    def send(job: Job) -> None:
        nonlocal associations, most
        with counting:
            associations += 1
            most = max(most, associations)
        try:
            if down.is_set():
                raise DeliveryFailed("association refused", retry=True)
            stored.setdefault(job.lane, []).append(job.job_id)
        finally:
            with counting:
                associations -= 1

    def fill(uow: Any) -> None:
        for n in range(500):
            uow.outbox.enqueue(
                NewJob(kind=JobKind.SEND_SR, lane=f"study{n % 100}", key=f"k{n}", max_attempts=1000)
            )

    with temporary_store(tmp_path) as store:
        store.write(fill)
        jobs = SqlJobStore(store, lambda: datetime.now(UTC))
        told = threading.Event()
        handlers = {JobKind.SEND_SR: send, JobKind.SEND_NOTICE: lambda job: told.set()}
        settings = WorkerSettings(poll_s=0.01, backoff_first_s=0.05, backoff_most_s=0.2)
        worker = Worker(jobs, handlers, lambda: datetime.now(UTC), lambda: 0.5, settings)
        worker.start()
        time.sleep(1)
        store.write(lambda uow: uow.outbox.enqueue(NewJob(kind=JobKind.SEND_NOTICE, lane="n", key="n")))
        assert told.wait(PATIENCE_S)
        assert stored == {}, "a notice does not wait for the PACS"
        down.clear()
        until(lambda: sum(map(len, stored.values())) >= 500)
        assert worker.stop(PATIENCE_S)
        assert jobs.counts().parked == 0
    assert most <= settings.pools["pacs"].threads
    assert sorted(n for lane in stored.values() for n in lane) == list(range(1, 501))
    assert all(lane == sorted(lane) for lane in stored.values())


def test_r34_read_back_and_escalation_at_the_same_moment(tmp_path: Path) -> None:
    """1000 races: no escalation after the read-back's commit, and a read-back always succeeds."""
    finding = CriticalFinding(
        code="ICH",
        name="颅内出血",
        tier=Tier.RED,
        state=CriticalState.NEW,
        section=Section.FINDINGS,
        start=0,
        end=1,
        text="x",
    )

    def alert(n: int, state: AlertState, level: int = 0) -> Alert:
        return Alert(
            alert_id=f"L{n}",
            accession_number="A",
            finding=finding,
            state=state,
            detected_at=NOW,
            escalation_level=level,
        )

    def step(n: int, state: AlertState) -> AlertStep:
        return AlertStep(alert_id=f"L{n}", at=NOW, state=state, actor="a", means="m")

    with temporary_store(tmp_path) as store, ThreadPoolExecutor(4) as pool:

        def acknowledge(n: int) -> bool:
            def work(uow: Any) -> None:
                now = uow.alerts.get(f"L{n}")
                uow.alerts.move(
                    alert(n, AlertState.ACKNOWLEDGED, now.escalation_level), step(n, AlertState.ACKNOWLEDGED)
                )

            store.write(work)
            return True

        def escalate(n: int) -> bool:
            """With what was read before the race, as a node that is late would."""
            try:
                store.write(
                    lambda uow: uow.alerts.move(
                        alert(n, AlertState.ESCALATED, 1), step(n, AlertState.ESCALATED)
                    )
                )
            except GateConflict:
                return False
            return True

        store.write(
            lambda uow: [
                uow.alerts.add(alert(n, AlertState.SENT), step(n, AlertState.SENT)) for n in range(1000)
            ]
        )
        outcomes = []
        for n in range(1000):
            pair = (acknowledge, escalate) if n % 2 else (escalate, acknowledge)
            outcomes.append([pool.submit(each, n) for each in pair])
        for pair in outcomes:
            for future in pair:
                future.result(PATIENCE_S)
        for n in range(1000):
            trail = [s.state for s in store.read(lambda uow, n=n: uow.alerts.trail(f"L{n}"))]
            assert trail[-1] is AlertState.ACKNOWLEDGED
            assert trail.count(AlertState.ACKNOWLEDGED) == 1


def test_r40_jobs_and_timers_survive_an_upgrade(tmp_path: Path, clock: StoppedClock) -> None:
    """Written by the first version's schema, carried out by this one."""
    database = Database(StoreSettings(), tmp_path)
    assert database.file
    protect(database.file)
    with schema._connected(database) as connection:
        command.upgrade(schema._config(connection), "0001")
    us = int(clock().timestamp() * 1e6)
    with sqlite3.connect(database.file) as old:
        for n in range(1000):
            kind, due = ("send_sr", us) if n % 2 else ("escalate_alert", us + n * 1_000_000)
            old.execute(
                "INSERT INTO jobs (id, kind, lane, key, payload, state, attempts, max_attempts, due_at, fence,"
                " created_at, last_error) VALUES (?, ?, ?, ?, '{}', 'pending', 0, 12, ?, 0, ?, '')",
                (n + 1, kind, f"lane{n}", f"k{n}", due, us),
            )
            old.execute("INSERT INTO lanes VALUES (?, ?, ?, ?)", (f"lane{n}", n + 1, kind, due))
    with temporary_store(tmp_path, clock) as store:
        jobs = SqlJobStore(store, clock)
        handlers = {JobKind.SEND_SR: lambda job: None, JobKind.ESCALATE_ALERT: lambda job: None}
        worker = Worker(jobs, handlers, clock, lambda: 0.5, WorkerSettings())
        assert worker.run_due(limit=2000) == 501
        clock.now += timedelta(hours=1)
        assert worker.run_due(limit=2000) == 499
        counts = jobs.counts()
        assert (counts.pending, counts.running, counts.parked) == (0, 0, 0)
    assert problems(tmp_path) == ()
