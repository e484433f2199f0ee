"""Opens the database: connections for the one writer, for queries, and for migrations."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, NullPool, QueuePool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from plugin.domain.errors import StoreUnavailable
from plugin.store.drivers import Driver, PostgresDriver, SqliteDriver
from plugin.store.link import Link
from plugin.store.settings import DATABASE_FILE, StoreSettings

_log = structlog.get_logger(__name__)

# A node that the network has cut off gives up before the HL7 peer does (R13, R41).
_POSTGRES_OPTIONS = {
    "connect_timeout": 3,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
    "application_name": "signgate",
    # … and the server takes back the locks of one that it no longer hears.
    "options": "-c idle_in_transaction_session_timeout=30000",
}


class Database:
    """Where the data lies, and how connections to it are made; nothing is opened before the first one.

    Parameters
    ----------
    settings
        ``[store]`` of ``site.toml``.
    data_dir
        Folder of the SQLite file.
    """

    def __init__(self, settings: StoreSettings, data_dir: Path) -> None:
        self.settings, self.data_dir = settings, data_dir
        self.is_sqlite = not settings.url
        self.url: URL = (
            URL.create("sqlite", database=str(data_dir.absolute() / DATABASE_FILE))
            if self.is_sqlite
            else make_url(settings.url).set(drivername="postgresql+psycopg")
        )
        self._writers = self._engine(writer=True, poolclass=NullPool)
        self._readers = self._engine(
            writer=False, poolclass=QueuePool, pool_size=settings.readers, max_overflow=0, pool_timeout=10
        )
        dialect = self._writers.dialect
        self.driver: Driver = SqliteDriver(dialect) if self.is_sqlite else PostgresDriver(dialect)

    @property
    def name(self) -> str:
        """The address as it may be shown: a path, or a URL without its password."""
        return str(self.file) if self.file else self.url.render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The SQLite file; ``None`` on PostgreSQL."""
        return Path(self.url.database or "") if self.is_sqlite else None

    def writer_connection(self) -> Any:
        """A new connection, not pooled; closing it closes it."""
        return self._connect(self._writers)

    def reader_connection(self) -> Any:
        """A pooled connection that refuses changes; closing it gives it back."""
        return self._connect(self._readers)

    def link(self, connection: Any, *, writable: bool) -> Link:
        """A transaction's statements on a connection of ours; whoever asks says BEGIN, and closes it."""
        if self.is_sqlite:
            return Link(connection.driver_connection, self.driver, writable=writable)
        from plugin.store.pipeline import Acquaintance, PipelinedLink  # psycopg: not loaded for SQLite

        known = connection.info.setdefault("signgate", Acquaintance())
        return PipelinedLink(connection.driver_connection, self.driver, writable=writable, known=known)

    @contextmanager
    def snapshot(self) -> Iterator[Link]:
        """For queries that see one state of the data; changes are refused."""
        connection = self.reader_connection()
        try:
            link = self.link(connection, writable=False)
        except StoreUnavailable:
            connection.invalidate()
            raise
        try:
            link.begin()
            try:
                yield link
            finally:
                if not link.broken:
                    link.roll_back()
        finally:
            link.close()
            if link.broken:
                connection.invalidate()
            connection.close()

    def migration_engine(self) -> Engine:
        """An engine whose ``begin()`` is a real transaction, so that a migration is all or nothing."""
        if not self.is_sqlite:
            return create_engine(self.url, poolclass=NullPool, connect_args=_POSTGRES_OPTIONS)
        engine = self._engine(writer=True, poolclass=NullPool)

        @event.listens_for(engine, "connect")
        def connected(connection: Any, record: Any) -> None:
            # A table that is made anew is dropped first; what points to it is checked before the commit.
            connection.execute("PRAGMA foreign_keys = OFF")

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    def forget_readers(self) -> None:
        """Close pooled connections; the server they lead to has gone."""
        self._readers.dispose()

    def close(self) -> None:
        self._readers.dispose()
        self._writers.dispose()

    def _engine(self, *, writer: bool, **pool: Any) -> Engine:
        arguments: dict[str, Any] = (
            {"isolation_level": None, "timeout": self.settings.busy_timeout_s, "check_same_thread": False}
            if self.is_sqlite
            else {**_POSTGRES_OPTIONS, "autocommit": True}
        )
        style = {"paramstyle": "named" if self.is_sqlite else "numeric_dollar"}
        engine = create_engine(self.url, connect_args=arguments, **style, **pool)

        @event.listens_for(engine, "connect")
        def connected(connection: Any, record: Any) -> None:
            self.driver.prepare(connection, writer=writer)

        return engine

    def _connect(self, engine: Engine) -> Any:
        try:
            return engine.raw_connection()
        except PoolTimeout as error:
            raise StoreUnavailable("database: all connections for queries are busy") from error
        except DBAPIError as error:
            ours = self.driver.translate(error.orig) if isinstance(error.orig, Exception) else error
            raise ours from error
        except self.driver.error as error:
            raise self.driver.translate(error) from error


def protect(file: Path) -> None:
    """Make sure that nobody but the service's own account can read the database.

    Its folder is made when it is not there; SQLite gives -wal and -shm the file's own rights.

    Raises
    ------
    StoreUnavailable
        When folder or file cannot be made.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
        if os.name == "posix" and stat.S_IMODE(file.stat().st_mode) & 0o077:
            file.chmod(0o600)
            _log.warning("store.rights_narrowed", file=str(file), mode="0600")
    except OSError as error:
        raise StoreUnavailable(f"database {file}: {error.strerror}") from error
