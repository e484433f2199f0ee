"""Core statements, compiled once, run on the driver's own connection.

SQLAlchemy writes the SQL, for both databases; executing through its engine would cost more
than the statement itself on the hot path (ADR 0060), so a :class:`Link` hands the
compiled text to the driver.  Every text that goes in is checked here, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, cast

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert

from plugin.domain.errors import InvalidInput, StoreUnavailable
from plugin.store.drivers import Driver

Row = tuple[Any, ...]
Parameters = Mapping[str, Any]

_NATIVE: Final = frozenset({int, bool, float, bytes, type(None)})


class Prepared:
    """A Core statement that is compiled at its first use on each database.

    Parameters
    ----------
    clause
        The statement; what varies is a named ``bindparam``.
    writes
        ``True`` when it changes anything; a query's link refuses such.
    """

    __slots__ = ("_compiled", "clause", "writes")

    def __init__(self, clause: ClauseElement, *, writes: bool | None = None) -> None:
        self.clause = clause
        self.writes = bool(getattr(clause, "is_dml", False)) if writes is None else writes
        self._compiled: dict[str, tuple[str, dict[str, Any]]] = {}

    def compiled(self, driver: Driver) -> tuple[str, dict[str, Any]]:
        """SQL text and the constants in it."""
        try:
            return self._compiled[driver.name]
        except KeyError:
            compiled = cast(SQLCompiler, self.clause.compile(dialect=driver.dialect))
            asked = {name for bind, name in compiled.bind_names.items() if bind.required}
            sql, values = str(compiled), dict(compiled.params)
            if compiled.post_compile_params:
                # A list in IN (…) is spelt out at execution only, which happens without SQLAlchemy here:
                # do it now.  It wants a value for every parameter; those that are asked for are not kept.
                state = compiled.construct_expanded_state(dict.fromkeys(asked, ""))
                sql, values = state.statement, dict(state.parameters)
            constants = {name: value for name, value in values.items() if name not in asked}
            return self._compiled.setdefault(driver.name, (sql, constants))


def insert_into(table: Table, *leave_out: str) -> Insert:
    """An insert of all columns, each a bound parameter of its own name, but those left to the database."""
    return insert(table).values({c.name: bindparam(c.name) for c in table.columns if c.name not in leave_out})


def upsert(table: Table, changes: Mapping[str, ColumnElement[Any]] | None = None) -> Insert:
    """An insert of all columns that changes the row of the same primary key instead.

    `changes` says what becomes of a column (see :func:`offered`); ``None`` takes all over.
    The same construct compiles for SQLite, which has borrowed the clause from PostgreSQL.
    """
    key = [column.name for column in table.primary_key.columns]
    statement = postgresql.insert(table).values({c.name: bindparam(c.name) for c in table.columns})
    taken = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in key}
    return statement.on_conflict_do_update(index_elements=key, set_=taken if changes is None else changes)


def offered(table: Table, name: str) -> ColumnElement[Any]:
    """The value that an :func:`upsert` brings for a column."""
    excluded: ColumnElement[Any] = postgresql.insert(table).excluded[name]
    return excluded


def given(name: str) -> BindParameter[Any]:
    """A parameter of a WHERE clause; its name must differ from the columns that are set."""
    return bindparam(name)


class Link:
    """The statements of one transaction.

    Parameters
    ----------
    connection
        A driver's connection (sqlite3 or psycopg) in autocommit mode; BEGIN and COMMIT are the owner's.
    driver
        Whose errors are translated, and for whom statements are compiled.
    writable
        ``False`` on a query's snapshot.

    Attributes
    ----------
    broken
        Set when the database failed.  The transaction is lost then, also for who swallows the error.
    """

    __slots__ = ("_connection", "broken", "driver", "writable")

    def __init__(self, connection: Any, driver: Driver, *, writable: bool) -> None:
        self._connection, self.driver, self.writable = connection, driver, writable
        self.broken: StoreUnavailable | None = None

    def run(self, statement: Prepared, parameters: Parameters) -> int:
        """Execute a change; return the number of rows it met."""
        count: int = self._execute(statement, parameters).rowcount
        return count

    def run_many(self, statement: Prepared, rows: Sequence[Parameters]) -> None:
        """Execute a change once for each of `rows`."""
        if not rows:
            return
        sql, constants = self._text(statement)
        checked = [_checked({**constants, **row}) for row in rows]
        try:
            self._connection.cursor().executemany(sql, checked)
        except UnicodeEncodeError as error:
            raise _unstorable(error, checked) from error
        except self.driver.error as error:
            raise self._translated(error) from error

    def rows(self, statement: Prepared, parameters: Parameters) -> list[Row]:
        """All rows of the answer."""
        cursor = self._execute(statement, parameters)
        try:
            found: list[Row] = cursor.fetchall()
        except self.driver.error as error:
            raise self._translated(error) from error
        return found

    def row(self, statement: Prepared, parameters: Parameters) -> Row | None:
        """The first row of the answer."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def control(self, sql: str) -> None:
        """Run one of the owner's own words: BEGIN, SAVEPOINT, COMMIT."""
        try:
            self._connection.execute(sql)
        except self.driver.error as error:
            raise self._translated(error) from error

    def _execute(self, statement: Prepared, parameters: Parameters) -> Any:
        sql, constants = self._text(statement)
        values = _checked({**constants, **parameters} if constants else parameters)
        try:
            return self._connection.execute(sql, values)
        except UnicodeEncodeError as error:
            raise _unstorable(error, [values]) from error
        except self.driver.error as error:
            raise self._translated(error) from error

    def _text(self, statement: Prepared) -> tuple[str, dict[str, Any]]:
        if self.broken:
            raise self.broken
        if statement.writes and not self.writable:
            raise RuntimeError("a query must not write; use store.write")
        return statement.compiled(self.driver)

    def _translated(self, error: Exception) -> Exception:
        ours = self.driver.translate(error)
        if isinstance(ours, StoreUnavailable):
            self.broken = ours
        return ours


def _checked(values: Parameters) -> Parameters:
    for name, value in values.items():
        kind = type(value)
        if kind is str:
            if "\ufffd" in value:
                raise InvalidInput(name, "holds U+FFFD: it was decoded with the wrong character set")
            if "\x00" in value:
                raise InvalidInput(name, "holds a NUL character; it cannot be stored")
        elif kind not in _NATIVE:
            raise TypeError(f"{name}: a {kind.__name__} has no column type; pass its plain value")
    return values


def _unstorable(error: UnicodeEncodeError, rows: Iterable[Parameters]) -> InvalidInput:
    for values in rows:
        for name, value in values.items():
            if isinstance(value, str) and not storable(value):
                return InvalidInput(name, "holds half a character (a lone surrogate); it cannot be stored")
    return InvalidInput("text", str(error))


def storable(text: str) -> bool:
    """Whether `text` may enter the database as it is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\ufffd" not in text and "\x00" not in text


def visible(text: str) -> str:
    """`text` with what may not be stored written out (``\\ufffd``), so that a broken message can be kept."""
    if storable(text):
        return text
    return "".join(
        c if c not in "\ufffd\x00" and not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text
    )
