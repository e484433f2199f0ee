"""The store: one writer, many readers, one database; :func:`open_store` is the way in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from pathlib import Path
from typing import Self, TypeVar

from plugin.domain.errors import StoreUnavailable
from plugin.store import schema
from plugin.store.engine import Database, protect
from plugin.store.group import Work
from plugin.store.process_lock import ProcessLock
from plugin.store.settings import StoreSettings
from plugin.store.unit_of_work import SqlUnitOfWork
from plugin.store.writer import Ring, Writer

T = TypeVar("T")


class SqlReader:
    """Queries on SQLite or PostgreSQL; changes nothing.

    Parameters
    ----------
    database
        An upgraded database.
    clock
        Aware UTC now.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self.database, self._clock = database, clock

    def read(self, query: Callable[[SqlUnitOfWork], T]) -> T:
        try:
            return self._read(query)
        except StoreUnavailable:
            if self.database.is_sqlite:
                raise
            # A pooled connection may lead to a server that was restarted since; a query can be asked again.
            self.database.forget_readers()
            return self._read(query)

    def read_together(self, queries: Sequence[Callable[[SqlUnitOfWork], T]]) -> list[T]:
        """Answers of queries on one snapshot, asked in one go."""

        def together(uow: SqlUnitOfWork) -> list[T]:
            uow.ahead(lambda trial: [query(trial) for query in queries])
            return [query(uow) for query in queries]

        return self.read(together)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _read(self, query: Callable[[SqlUnitOfWork], T]) -> T:
        with self.database.snapshot() as link:
            return query(SqlUnitOfWork(link, self._clock))


class SqlStore(SqlReader):
    """Implements ``Store`` on SQLite or PostgreSQL.

    Parameters
    ----------
    lock
        Released when the store is closed.
    """

    def __init__(
        self, database: Database, clock: Callable[[], datetime], lock: ProcessLock | None = None
    ) -> None:
        super().__init__(database, clock)
        self._lock = lock
        self._writer = Writer(database, clock)
        self._writer.start()

    def submit(self, work: Work[T], foreseen: Work[object] | None = None) -> Future[T]:
        return self._writer.submit(work, foreseen)

    def write(self, work: Callable[[SqlUnitOfWork], T]) -> T:
        if self._writer.owns_this_thread():
            raise RuntimeError(
                "store.write inside a unit of work would wait for itself; use the unit at hand"
            )
        return self.submit(work).result()

    def ring(self, ring: Ring) -> None:
        """Whom to call, shortly, after each commit of this process that made jobs due."""
        self._writer.ring(ring)

    def waiting(self) -> int:
        """How many changes wait for the writer (for /metrics)."""
        return self._writer.waiting()

    def trouble(self) -> str | None:
        """Why a change could not be kept in the last half minute, though all may be read; ``None`` when each was."""
        return self._writer.trouble()

    def close(self) -> None:
        """Commit what was submitted, then let go of the database."""
        self._writer.stop()
        super().close()
        if self._lock:
            self._lock.release()


def open_beside(settings: StoreSettings, data_dir: Path, clock: Callable[[], datetime]) -> SqlReader:
    """Open the database to look on, while another process may be at work in it.

    Raises
    ------
    StoreUnavailable
        When there is none, it cannot be reached, or its schema is not this version's.
    """
    database = Database(settings, data_dir)
    if database.file and not database.file.exists():
        raise StoreUnavailable(f"{database.file}: there is no database here; name its folder with --data")
    try:
        schema.check(database)
    except BaseException:
        database.close()
        raise
    return SqlReader(database, clock)


def open_store(settings: StoreSettings, data_dir: Path, clock: Callable[[], datetime]) -> SqlStore:
    """Open the database for this process, bring its schema up to date, and start the writer.

    Raises
    ------
    ConfigError
        When ``store.url`` is not understood.
    StoreUnavailable
        When another process has the data folder, the database cannot be reached, or its
        schema is newer than this SignGate.
    """
    database = Database(settings, data_dir)
    lock = None
    if database.file:
        protect(database.file)
        lock = ProcessLock(data_dir)
        lock.take()
    try:
        schema.upgrade(database)
        return SqlStore(database, clock, lock)
    except BaseException:
        database.close()
        if lock:
            lock.release()
        raise
