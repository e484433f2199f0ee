"""Brings the database to this version's schema, and refuses one that is newer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from plugin.domain.errors import PluginError, StoreUnavailable
from plugin.store.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

_log = structlog.get_logger(__name__)

_UPGRADING = 0x5369_676E_4761_7465
"""Key of PostgreSQL's advisory lock: ``SignGate``."""


def upgrade(database: Database) -> None:
    """Run the migrations that the database lacks, in one transaction.

    Raises
    ------
    StoreUnavailable
        When the database cannot be reached, or was written by a newer version.
    """
    from alembic import command

    head = newest()
    with _connected(database) as connection:
        if database.driver.many_writers:
            # Nodes that are started together come here together; the second finds nothing left to do.
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_UPGRADING})")
        present = _revision(connection, database)
        if present == head:
            return
        try:
            command.upgrade(_config(connection), "head")
        except DBAPIError as error:
            ours = _translated(database, error)
            if isinstance(ours, PluginError):
                raise ours from error
            raise StoreUnavailable(
                f"{database.name}: schema {present or '(empty)'} cannot become {head}: {ours}; "
                "nothing was changed: restore a backup that 'signgate verify' finds whole, or start the version that wrote it"
            ) from error
        if database.is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
            raise StoreUnavailable(
                f"{database.name}: a row of {broken[0]} points to a row of {broken[2]} that is not there; "
                "nothing was changed: restore a backup that 'signgate verify' finds whole"
            )
    _log.info("store.upgraded", before=present or "empty", after=head)


def check(database: Database) -> None:
    """Raise unless the database has exactly this version's schema; nothing is changed."""
    with _connected(database) as connection:
        present = _revision(connection, database)
    if present != newest():
        raise StoreUnavailable(
            f"{database.name} has schema {present or '(empty)'}, this SignGate needs {newest()}: "
            "run 'signgate db upgrade'"
        )


def current(database: Database) -> str:
    """Revision of the database; empty when it has no tables yet."""
    with _connected(database) as connection:
        return _revision(connection, database)


def newest() -> str:
    """Revision of this version's schema."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config(None)).get_current_head() or ""


@contextmanager
def _connected(database: Database) -> Iterator[Connection]:
    engine = database.migration_engine()
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        raise _translated(database, error) from error
    finally:
        engine.dispose()


def _translated(database: Database, error: DBAPIError) -> Exception:
    return database.driver.translate(error.orig) if isinstance(error.orig, Exception) else error


def _revision(connection: Connection, database: Database) -> str:
    from alembic.migration import MigrationContext
    from alembic.script import ScriptDirectory

    present = MigrationContext.configure(connection).get_current_revision() or ""
    known = {script.revision for script in ScriptDirectory.from_config(_config(None)).walk_revisions()}
    if present and present not in known:
        raise StoreUnavailable(
            f"{database.name} has schema {present}, which this SignGate (schema {newest()}) does not know: "
            "it was written by a newer version. Install that version, or restore a backup from before the upgrade"
        )
    return present


def _config(connection: Connection | None) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
