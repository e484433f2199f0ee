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


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """URL of a database with today's tables, to be copied: migrating each test's own takes a second."""
    url = postgres.new_database()
    with temporary_store(tmp_path_factory.mktemp("migrated"), settings=StoreSettings(url=url)):
        return url


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> StoreSettings:
    if request.param == "sqlite":
        return StoreSettings(busy_timeout_s=60)
    server: PostgresServer = request.getfixturevalue("postgres")
    return StoreSettings(url=server.new_database(request.getfixturevalue("migrated")))


@pytest.fixture
def store(tmp_path: Path, settings: StoreSettings, clock: StoppedClock) -> Iterator[SqlStore]:
    with temporary_store(tmp_path / "data", clock, settings) as opened:
        yield opened
