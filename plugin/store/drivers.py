"""What differs between the two databases: how a connection is set up, and what its errors mean."""

from __future__ import annotations

import sqlite3
from typing import Any, Final, Protocol

from sqlalchemy.engine import Dialect

from plugin.domain.errors import GateConflict, StoreUnavailable


class Crossed(StoreUnavailable):
    """Another node's transaction went before this one: nothing was kept, and to do it again is right."""


class Driver(Protocol):
    """One database's ways."""

    @property
    def name(self) -> str: ...

    @property
    def dialect(self) -> Dialect: ...

    @property
    def many_writers(self) -> bool:
        """Whether other connections may write at the same time."""
        ...

    @property
    def error(self) -> type[Exception]:
        """Base of the driver's exceptions."""
        ...

    @property
    def begin(self) -> str:
        """Opens a writing transaction."""
        ...

    @property
    def begin_read(self) -> str:
        """Opens a snapshot for a query."""
        ...

    def translate(self, error: Exception) -> Exception:
        """Our error for one of the driver's; what is a mistake in our SQL stays as it is."""
        ...

    def prepare(self, connection: Any, *, writer: bool) -> None:
        """Set up a new connection."""
        ...


class SqliteDriver:
    """SQLite in WAL mode, each commit synced to disk."""

    name: Final = "sqlite"
    many_writers: Final = False
    error: Final[type[Exception]] = sqlite3.Error
    # IMMEDIATE: a transaction that reads first and asks for the write lock later fails at
    # once with "database is locked" when somebody has written meanwhile.
    begin: Final = "BEGIN IMMEDIATE"
    begin_read: Final = "BEGIN"

    # https://www.sqlite.org/rescode.html, primary codes
    _TROUBLE: Final = {
        sqlite3.SQLITE_PERM: "no permission on its file",
        sqlite3.SQLITE_BUSY: "locked by another process",
        sqlite3.SQLITE_LOCKED: "locked",
        sqlite3.SQLITE_NOMEM: "out of memory",
        sqlite3.SQLITE_READONLY: "read-only; check the rights on the data folder",
        sqlite3.SQLITE_IOERR: "the disk failed, or is full",
        sqlite3.SQLITE_CORRUPT: "its file is damaged; restore a backup",
        sqlite3.SQLITE_FULL: "the disk is full",
        sqlite3.SQLITE_CANTOPEN: "its file cannot be opened",
        sqlite3.SQLITE_PROTOCOL: "locked by another process",
        sqlite3.SQLITE_NOTADB: "its file is not a database",
    }

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect

    def translate(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.IntegrityError):
            return GateConflict(f"it contradicts what is stored: {error}")
        trouble = self._TROUBLE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        return error if trouble is None else StoreUnavailable(f"database: {trouble} ({error})")

    def prepare(self, connection: Any, *, writer: bool) -> None:
        if writer:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA journal_size_limit = 67108864")
            # A savepoint keeps old pages aside; by default in a file, which costs a group a fifth of its time.
            connection.execute("PRAGMA temp_store = MEMORY")
        else:
            connection.execute("PRAGMA query_only = ON")


class PostgresDriver:
    """PostgreSQL by psycopg 3."""

    name: Final = "postgresql"
    many_writers: Final = True
    # Each statement sees what was committed before it: what a hold waited for, too.
    begin: Final = "BEGIN ISOLATION LEVEL READ COMMITTED"
    begin_read: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    # Classes of SQLSTATE (PostgreSQL, appendix A) that pass by themselves or by the administrator's hand:
    # connection, no resources, operator intervention, system error, rolled back for another, lock, read-only.
    _CROSSED: Final = ("40001", "40P01")
    """Serialization failure and deadlock: rolled back for another transaction, and nothing was kept."""
    _TROUBLE: Final = ("08", "53", "57", "58", "40", "55", "25006", "XX")

    def __init__(self, dialect: Dialect) -> None:
        import psycopg  # imported where PostgreSQL is used: SQLite sites need not load it

        self.dialect = dialect
        self.error: type[Exception] = psycopg.Error
        self._conflict = psycopg.IntegrityError
        self._lost = (psycopg.OperationalError, psycopg.InterfaceError)

    def translate(self, error: Exception) -> Exception:
        state = getattr(error, "sqlstate", None)
        first_line = str(error).partition("\n")[0]
        if isinstance(error, self._conflict):
            return GateConflict(f"it contradicts what is stored: {first_line}")
        if state in self._CROSSED:
            return Crossed(f"database: {first_line}")
        if (state or "").startswith(self._TROUBLE) or (state is None and isinstance(error, self._lost)):
            return StoreUnavailable(f"database: {first_line}")
        return error

    def prepare(self, connection: Any, *, writer: bool) -> None:
        """Plan each of the writer's statements once; the rest is said by :mod:`plugin.store.engine`.

        They look rows up by their keys, so that a plan made for one value is right for all, and
        planning would take longer than most of them run.
        """
        if writer:
            connection.execute("SET plan_cache_mode = force_generic_plan")
