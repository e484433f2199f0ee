from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from conftest import StoppedClock
from sqlalchemy import create_engine, inspect, text
from stores import temporary_store

from plugin.domain.errors import StoreUnavailable
from plugin.store import schema
from plugin.store.engine import Database, protect
from plugin.store.settings import StoreSettings
from plugin.store.tables import metadata


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> StoreSettings:
    """Without any tables yet."""
    if request.param == "sqlite":
        return StoreSettings()
    return StoreSettings(url=request.getfixturevalue("postgres").new_database())


@pytest.fixture
def database(tmp_path: Path, settings: StoreSettings) -> Database:
    database = Database(settings, tmp_path)
    if database.file:
        protect(database.file)
    return database


def mark(database: Database, revision: str) -> None:
    engine = database.migration_engine()
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :r"), {"r": revision})
    engine.dispose()


# An index over an expression, which SQLite does not tell of; PostgreSQL does.
@pytest.mark.filterwarnings("ignore:.*expression-based index")
def test_the_migrations_make_what_the_tables_say(database: Database) -> None:
    schema.upgrade(database)
    engine = create_engine(database.url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_upgrading_twice_changes_nothing(database: Database) -> None:
    assert schema.current(database) == ""
    schema.upgrade(database)
    schema.upgrade(database)
    assert schema.current(database) == schema.newest()
    schema.check(database)


def test_gates_come_over_with_what_points_to_them(database: Database) -> None:
    """0016 makes the table anew."""
    engine = database.migration_engine()
    with engine.begin() as connection:
        command.upgrade(schema._config(connection), "0015")
        connection.execute(
            text(
                "INSERT INTO gates (gate_id, event_id, accession_number, action, signer_id, signer_name,"
                " signer_role, decision, reason, draw, text_digest, decided_at, forms, owed, caller)"
                " VALUES ('G1', 'E1', 'A1', 'verify', 'D7', '', '', 'hold', 'sampled', :draw, 'd', 1, '[]',"
                " :owed, 'ris')"
            ),
            {"draw": '{"p": 1.0, "u": 0.5, "policy_version": 3}', "owed": True},
        )
        connection.execute(
            text(
                "INSERT INTO tickets (digest, gate_id, user_id, expires_at, used)"
                " VALUES ('t', 'G1', 'D7', 1, :used)"
            ),
            {"used": False},
        )
    engine.dispose()
    schema.upgrade(database)
    engine = create_engine(database.url)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT g.policy_version, g.caller FROM tickets t JOIN gates g ON g.gate_id = t.gate_id")
        )
        assert found.all() == [(3, "ris")]
    engine.dispose()


def test_r40_a_newer_schema_is_refused_with_a_clear_message(database: Database) -> None:
    schema.upgrade(database)
    mark(database, "9999")
    with pytest.raises(StoreUnavailable, match=r"9999.*newer version"):
        schema.upgrade(database)


def test_an_empty_database_is_not_taken_for_a_current_one(database: Database) -> None:
    with pytest.raises(StoreUnavailable, match="signgate db upgrade"):
        schema.check(database)


def test_a_migration_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All or nothing on SQLite too, where DDL is only transactional when BEGIN is sent."""
    from plugin.store.migrations.versions import __path__ as versions

    folder = tmp_path / "versions"
    shutil.copytree(next(iter(versions)), folder)
    newest = schema.newest()
    (folder / "9999_bad.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = '9999'\n"
        f"down_revision = '{newest}'\n"
        "def upgrade():\n    op.create_table('half', sa.Column('a', sa.Integer))\n    raise ValueError('half way')\n",
        encoding="utf-8",
    )
    with temporary_store(tmp_path / "data"):
        pass
    original = schema._config

    def config(connection: object) -> object:
        made = original(connection)  # type: ignore[arg-type]  # as handed over
        made.set_main_option("version_locations", str(folder))
        return made

    monkeypatch.setattr(schema, "_config", config)
    database = Database(StoreSettings(), tmp_path / "data")
    with pytest.raises(ValueError, match="half way"):
        schema.upgrade(database)
    assert schema.current(database) == newest
    engine = database.migration_engine()
    with engine.begin() as connection:
        assert not connection.dialect.has_table(connection, "half")
    engine.dispose()


def test_data_survives_a_restart(tmp_path: Path, clock: StoppedClock) -> None:
    with temporary_store(tmp_path, clock) as store:
        store.write(lambda uow: uow.calls.add("a", "b", "d", 200, "{}", clock()))
    with temporary_store(tmp_path, clock) as store:
        assert store.read(lambda uow: uow.calls.find("a", "b")) == ("d", 200, "{}")


def test_a_database_that_another_hand_changed_is_named_and_left_as_it_was(database: Database) -> None:
    schema.upgrade(database)
    engine = database.migration_engine()
    with engine.connect() as connection:
        tables = set(inspect(connection).get_table_names())
    with pytest.raises(StoreUnavailable, match=r"schema 0014 cannot become \d{4}: .*image_arrivals"):
        mark(database, "0014")
        schema.upgrade(database)
    assert schema.current(database) == "0014"
    with engine.connect() as connection:
        assert set(inspect(connection).get_table_names()) == tables
    engine.dispose()
