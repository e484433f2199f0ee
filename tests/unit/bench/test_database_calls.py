"""The raw driver is given exactly what ours asked: both databases hold the same rows afterwards."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from plugin.bench import database_calls
from plugin.store.settings import DATABASE_FILE


def test_twins_hold_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_calls, "AT_ONCE", 3)
    for contest in database_calls.contests(tmp_path):
        assert all(run() > 0 for run in contest.runs.values())
    for name in ("synced", "no disk"):
        ours, raw = (_rows(tmp_path / f"{name} {twin}") for twin in ("ours", "raw"))
        assert ours == raw
        assert len(ours["messages"]) == len(ours["orders"]) == 3


def _rows(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as database:
        return {
            table: database.execute(f"select * from {table}").fetchall() for table in ("messages", "orders")
        }
