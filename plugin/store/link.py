"""Core statements, compiled once, run on the driver's own connection.

SQLAlchemy writes the SQL, for both databases; executing through its engine would cost more
than the statement itself on the hot path (ADR 0060), so a :class:`Link` hands the
compiled text to the driver.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, cast

from sqlalchemy import BindParameter, ColumnElement, Table, bindparam, insert
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import ClauseElement
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.visitors import iterate

from plugin.domain.errors import StoreUnavailable
from plugin.store.drivers import Driver
from plugin.store.storable import Parameters, checked, unstorable

Row = tuple[Any, ...]
Question = tuple[int, tuple[tuple[str, Any], ...]]
"""A statement and its parameters, by which an answer is found again."""

_TELLINGS: Final = 3
"""psycopg tells of a failure when it sends, when it receives and when it waits: that often at most."""


class Prepared:
    """A Core statement that is compiled at its first use on each database.

    Parameters
    ----------
    clause
        The statement; what varies is a named ``bindparam``.
    writes
        ``True`` when it changes anything; a query's link refuses such.

    Attributes
    ----------
    tables
        Names of those that it reads or changes.
    """

    __slots__ = ("_compiled", "clause", "tables", "writes")

    def __init__(self, clause: ClauseElement, *, writes: bool | None = None) -> None:
        self.clause = clause
        self.writes = bool(getattr(clause, "is_dml", False)) if writes is None else writes
        self.tables = frozenset(each.name for each in iterate(clause) if isinstance(each, Table))
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

    Within :meth:`pipelined` a statement whose answer nobody needs is sent and not waited for, on
    databases that allow it: a round trip costs more than most statements.  What goes wrong with
    one is told by the next that is waited for, or by :meth:`settle`.

    Attributes
    ----------
    broken
        Set when the database failed.  The transaction is lost then, also for who swallows the error.
    """

    __slots__ = ("_asked", "_connection", "_pipeline", "_unsettled", "broken", "driver", "writable")

    def __init__(self, connection: Any, driver: Driver, *, writable: bool) -> None:
        self._connection, self.driver, self.writable = connection, driver, writable
        self.broken: StoreUnavailable | None = None
        self._pipeline: Any = None
        self._unsettled = False
        self._asked: dict[Question, tuple[frozenset[str], Any]] = {}

    @property
    def sends_ahead(self) -> bool:
        """Whether statements are sent before those ahead of them are answered."""
        return self._pipeline is not None

    @contextmanager
    def pipelined(self) -> Iterator[None]:
        """Send ahead within the block; it ends when all is answered."""
        if not self.driver.pipelines:
            yield
            return
        try:
            with self._connection.pipeline() as self._pipeline:
                yield
        except self.driver.error as error:
            self._pipeline = None
            raise self._translated(error) from error
        finally:
            self._pipeline, self._unsettled = None, False
            self._asked.clear()

    def settle(self) -> None:
        """Wait for what was sent ahead.

        Raises
        ------
        GateConflict, StoreUnavailable
            When one of these statements failed.
        """
        self._asked.clear()
        if self._unsettled:
            self._wait()

    def _wait(self) -> None:
        self._unsettled = False
        try:
            self._pipeline.sync()
        except self.driver.error as error:
            raise self._translated(error) from error

    def ask(self, statement: Prepared, parameters: Parameters) -> None:
        """Send a query whose answer :meth:`rows` will be asked for; a change of its tables meanwhile drops it."""
        cursor = self._execute(statement, parameters)
        self._asked[_question(statement, parameters)] = (statement.tables, cursor)
        self._unsettled = True

    def forsake(self) -> None:
        """Wait for what a work sent ahead that is rolled back: how it went matters no longer."""
        self._asked.clear()
        if self._unsettled:
            self._resume()

    def put(self, statement: Prepared, parameters: Parameters) -> None:
        """Execute a change of which nobody asks what it met."""
        self._execute(statement, parameters)
        self._unsettled = self._pipeline is not None

    def run(self, statement: Prepared, parameters: Parameters) -> int:
        """Execute a change; return the number of rows it met."""
        cursor = self._execute(statement, parameters)
        if self._pipeline is not None:
            self._wait()
        count: int = cursor.rowcount
        return count

    def run_many(self, statement: Prepared, rows: Sequence[Parameters]) -> None:
        """Execute a change once for each of `rows`."""
        if not rows:
            return
        sql, constants = self._text(statement)
        values = [checked({**constants, **row}) for row in rows]
        try:
            self._connection.cursor().executemany(sql, values)
            self._unsettled = self._pipeline is not None
        except UnicodeEncodeError as error:
            raise unstorable(error, values) from error
        except self.driver.error as error:
            raise self._translated(error) from error

    def rows(self, statement: Prepared, parameters: Parameters) -> list[Row]:
        """All rows of the answer."""
        asked = self._asked.pop(_question(statement, parameters), None) if self._asked else None
        cursor = asked[1] if asked else self._execute(statement, parameters)
        try:
            found: list[Row] = cursor.fetchall()
        except self.driver.error as error:
            raise self._translated(error) from error
        if asked is None:
            self._unsettled = False  # the answers come in the order of the statements
        return found

    def row(self, statement: Prepared, parameters: Parameters) -> Row | None:
        """The first row of the answer."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def control(self, sql: str) -> None:
        """Run one of the owner's own words: BEGIN, SAVEPOINT, COMMIT."""
        try:
            self._connection.execute(sql)
            self._unsettled = self._pipeline is not None
        except self.driver.error as error:
            raise self._translated(error) from error

    def _execute(self, statement: Prepared, parameters: Parameters) -> Any:
        sql, constants = self._text(statement)
        values = checked({**constants, **parameters} if constants else parameters)
        try:
            return self._connection.execute(sql, values)
        except UnicodeEncodeError as error:
            raise unstorable(error, [values]) from error
        except self.driver.error as error:
            raise self._translated(error) from error

    def _text(self, statement: Prepared) -> tuple[str, dict[str, Any]]:
        if self.broken:
            raise self.broken
        if statement.writes:
            if not self.writable:
                raise RuntimeError("a query must not write; use store.write")
            if self._asked:
                self._drop_asked(statement.tables)
        return statement.compiled(self.driver)

    def _drop_asked(self, changed: frozenset[str]) -> None:
        for question, (tables, _) in list(self._asked.items()):
            if not changed or changed & tables:
                del self._asked[question]

    def _translated(self, error: Exception) -> Exception:
        ours = self.driver.translate(error)
        if isinstance(ours, StoreUnavailable):
            self.broken = ours
        elif self._pipeline is not None:
            self._resume()
        return ours

    def _resume(self) -> None:
        """Have statements done again after one that failed: until it is asked, the server passes over all of them."""
        self._unsettled = False
        for _ in range(_TELLINGS):
            try:
                self._pipeline.sync()
            except self.driver.error as error:
                ours = self.driver.translate(error)
                if isinstance(ours, StoreUnavailable):
                    self.broken = ours
                    return
            else:
                return
        self.broken = StoreUnavailable("database: it does not resume after a failed statement")


def _question(statement: Prepared, parameters: Parameters) -> Question:
    return id(statement), tuple(parameters.items())
