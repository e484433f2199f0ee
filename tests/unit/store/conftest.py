"""The store on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from postgres import PostgresServer, postgres_server
from stores import temporary_store

from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> StoreSettings:
    if request.param == "sqlite":
        return StoreSettings(busy_timeout_s=0.3)
    return StoreSettings(url=request.getfixturevalue("postgres").new_database())


@pytest.fixture
def store(tmp_path: Path, settings: StoreSettings, clock: StoppedClock) -> Iterator[SqlStore]:
    with temporary_store(tmp_path / "data", clock, settings) as opened:
        yield opened
