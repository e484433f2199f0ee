from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from conftest import StoppedClock
from patience import PATIENCE_S
from stores import plan, temporary_store

from plugin.domain.errors import InvalidInput
from plugin.domain.listing import Page
from plugin.store.audit import breaks
from plugin.store.engine import Database
from plugin.store.inspection import inspect
from plugin.store.link import Prepared
from plugin.store.reading import SqlReading
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore


def append(store: SqlStore, clock: StoppedClock, *actions: str) -> None:
    def work(uow: Any) -> None:
        for action in actions:
            uow.audit.append(clock(), "D7", action, "G1", {"reason": "急诊"})

    store.write(work)


def found(store: SqlStore) -> list[str]:
    return store.read(lambda uow: list(breaks(uow.link, page=3)))


@pytest.fixture
def folder(tmp_path: Path, clock: StoppedClock) -> Path:
    """Ten entries in three commits, on SQLite."""
    with temporary_store(tmp_path, clock) as store:
        append(store, clock, "a1", "a2", "a3", "a4")
        clock.advance(seconds=5)
        append(store, clock, "b1", "b2", "b3")
        append(store, clock, "c1", "c2", "c3")
    return tmp_path


def problems_after(folder: Path, *tampering: str) -> tuple[str, ...]:
    with sqlite3.connect(folder / "signgate.sqlite") as connection:
        for statement in tampering:
            assert connection.execute(statement).rowcount > 0
    database = Database(StoreSettings(), folder)
    try:
        return inspect(database).problems
    finally:
        database.close()


def test_a_chain_over_many_commits_holds(store: SqlStore, clock: StoppedClock) -> None:
    for n in range(4):
        append(store, clock, *[f"a{n}{m}" for m in range(n)])
        clock.advance(seconds=1)
    assert found(store) == []


def test_works_of_one_group_share_one_chain(store: SqlStore, clock: StoppedClock) -> None:
    futures = [
        store.submit(lambda uow, n=n: uow.audit.append(clock(), "a", f"x{n}", "s", {})) for n in range(50)
    ]
    for future in futures:
        future.result(PATIENCE_S)
    assert found(store) == []
    assert store.read(lambda uow: len(list(breaks(uow.link)))) == 0


def test_whole(folder: Path) -> None:
    database = Database(StoreSettings(), folder)
    assert inspect(database).problems == ()
    assert inspect(database).audit_entries == 10
    database.close()


@pytest.mark.parametrize(
    ("tampering", "told"),
    [
        ("UPDATE audit SET detail = '{}' WHERE number = 5", "audit entry 5 has been changed"),
        ("UPDATE audit SET actor = 'D8' WHERE number = 1", "audit entry 1 has been changed"),
        ("UPDATE audit SET at = at + 1 WHERE number = 10", "audit entry 10 has been changed"),
        ("DELETE FROM audit WHERE number = 5", "audit entries 5 to 5 are missing"),
        ("DELETE FROM audit WHERE number <= 2", "audit entries 1 to 2 are missing"),
        ("DELETE FROM audit WHERE number > 8", "ends at entry 8, but its head says 10"),
        ("DELETE FROM audit", "ends at entry 0, but its head says 10"),
        ("DELETE FROM audit_head", "head says 0"),
    ],
)
def test_s36_the_first_break_is_told(folder: Path, tampering: str, told: str) -> None:
    assert told in problems_after(folder, tampering)[0]


def test_s36_a_row_rewritten_with_its_own_hash_breaks_the_next(folder: Path) -> None:
    told = problems_after(folder, "UPDATE audit SET hash = 'f' || substr(hash, 2) WHERE number = 3")
    assert any("audit entry 3" in line for line in told)
    assert any("audit entry 4" in line for line in told)


def test_s36_a_clock_set_back_shows(tmp_path: Path, clock: StoppedClock) -> None:
    with temporary_store(tmp_path, clock) as store:
        append(store, clock, "a")
        clock.advance(hours=-1)
        append(store, clock, "b")
        (line,) = found(store)
    assert "clock was set back" in line
    assert "3600 s" in line


def test_an_entry_that_cannot_be_stored_fails_its_own_work(store: SqlStore, clock: StoppedClock) -> None:
    with pytest.raises(InvalidInput, match=r"audit\.subject"):
        store.write(lambda uow: uow.audit.append(clock(), "a", "b", "\ufffd", {}))
    append(store, clock, "c")
    assert found(store) == []


def test_a_patient_is_looked_up_by_an_index(
    store: SqlStore, clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(uow: Any) -> None:
        for number in range(2000):
            detail = {"patient_id": f"P{number}"} if number % 2 else {"reason": f"P{number}"}
            uow.audit.append(clock(), "wang", "exam.read", f"A{number}", detail)
        uow.audit.append(clock(), "wang", "patient.merged", "P7", {})

    store.write(work)
    statements: list[Prepared] = []

    class Noted(Prepared):
        def __init__(self, clause: Any) -> None:
            super().__init__(clause)
            statements.append(self)

    monkeypatch.setattr("plugin.store.paging.Prepared", Noted)
    reading = SqlReading(store, Mock())
    assert [row.subject for row in reading.audit(Page(), about="P7").rows] == ["P7", "A7"]
    assert [row.subject for row in reading.audit(Page(), about="P8").rows] == []

    steps = plan(store, statements[0], {"about": "P7", "at_most": 51})
    assert "ix_audit_subject" in steps
    assert "ix_audit_patient" in steps
    assert "SCAN audit" not in steps
    assert "Seq Scan" not in steps
