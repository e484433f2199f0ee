"""Core statements, compiled once, run on the driver's own connection.

SQLAlchemy writes the SQL, for both databases; executing through its engine would cost more
than the statement itself on the hot path (ADR 0060), so a :class:`Link` hands the
compiled text to the driver.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple, cast

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


class Compiled(NamedTuple):
    """A statement's SQL, the constants in it, and its parameters in the order of ``$1``, ``$2``, …

    `order` is empty where parameters go by name.
    """

    sql: str
    constants: dict[str, Any]
    order: tuple[str, ...]


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
        self._compiled: dict[str, Compiled] = {}

    def compiled(self, driver: Driver) -> Compiled:
        """How the statement is said to this database."""
        try:
            return self._compiled[driver.name]
        except KeyError:
            compiled = cast(SQLCompiler, self.clause.compile(dialect=driver.dialect))
            asked = {name for bind, name in compiled.bind_names.items() if bind.required}
            sql, values = str(compiled), dict(compiled.params)
            order: Sequence[str] = compiled.positiontup or ()
            if compiled.post_compile_params:
                # A list in IN (…) is spelt out at execution only, which happens without SQLAlchemy here:
                # do it now.  It wants a value for every parameter; those that are asked for are not kept.
                state = compiled.construct_expanded_state(dict.fromkeys(asked, ""))
                sql, values, order = state.statement, dict(state.parameters), state.positiontup or ()
            constants = {name: value for name, value in values.items() if name not in asked}
            said = Compiled(sql, constants, tuple(order))
            return self._compiled.setdefault(driver.name, said)


class Numbered:
    """An insert into a table that numbers its rows.

    Attributes
    ----------
    by_database
        The database finds the number, and returns it.
    by_us
        The number is a parameter like the others, of the key's name.
    """

    __slots__ = ("by_database", "by_us", "key", "sequence")

    def __init__(self, table: Table) -> None:
        (key,) = table.primary_key.columns
        self.by_database = Prepared(insert_into(table, key.name).returning(key))
        self.by_us = Prepared(insert_into(table))
        self.key, self.sequence = key.name, f"{table.name}_{key.name}_seq"


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


class Overtaken(Exception):
    """A statement failed after its work had ended; the transaction is to be done again, work by work."""


class Link:
    """The statements of one transaction.

    Parameters
    ----------
    connection
        A driver's connection in autocommit mode; BEGIN and COMMIT are the owner's.
    driver
        Whose errors are translated, and for whom statements are compiled.
    writable
        ``False`` on a query's snapshot.

    This one asks the database beside us, statement by statement.  Where each question is a way there
    and back, :class:`plugin.store.pipeline.PipelinedLink` sends ahead what nobody waits for.

    Attributes
    ----------
    broken
        Set when the database failed.  The transaction is lost then, also for who swallows the error.
    failed
        Set when a statement of this work failed and nothing more can come of it, also for who swallows the error.
    overtaken
        Set when a statement failed after its work had ended.  What came after it was passed over.
    sends_ahead
        Whether statements are sent before those ahead of them are answered.
    """

    __slots__ = ("_connection", "broken", "driver", "failed", "overtaken", "writable")
    sends_ahead: ClassVar[bool] = False

    def __init__(self, connection: Any, driver: Driver, *, writable: bool) -> None:
        self._connection, self.driver, self.writable = connection, driver, writable
        self.broken: StoreUnavailable | None = None
        self.failed: Exception | None = None
        self.overtaken: Overtaken | None = None

    def ask(self, statement: Prepared, parameters: Parameters) -> None:
        """Have a query answered before :meth:`rows` asks for it, where that saves a way."""

    def hold(self, names: Collection[str]) -> None:
        """Keep other nodes from what bears these names until the transaction ends; SQLite has none."""

    def settle(self) -> None:
        """Wait for what was sent ahead.

        Raises
        ------
        GateConflict, StoreUnavailable
            When one of these statements failed.
        """

    def begin_work(self, number: int) -> None:
        """Note that what is said from now on is this work's; 0 is the transaction's owner."""

    def forsake(self) -> None:
        """Wait for what a work sent ahead that has failed: how it went matters no longer."""

    def put(self, statement: Prepared, parameters: Parameters) -> None:
        """Execute a change of which nobody asks what it met."""
        self._execute(statement, parameters)

    def add(self, statement: Numbered, parameters: Parameters) -> int:
        """Insert a row; return its number."""
        (row,) = self.rows(statement.by_database, parameters)
        number: int = row[0]
        return number

    def run(self, statement: Prepared, parameters: Parameters) -> int:
        """Execute a change; return the number of rows it met."""
        count: int = self._execute(statement, parameters).rowcount
        return count

    def run_many(self, statement: Prepared, rows: Sequence[Parameters]) -> None:
        """Execute a change once for each of `rows`."""
        if not rows:
            return
        sql, constants, _ = self._text(statement)
        values = [checked({**constants, **row}) for row in rows]
        try:
            self._connection.cursor().executemany(sql, values)
        except UnicodeEncodeError as error:
            raise unstorable(error, values) from error
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

    def begin(self, works: int = 1, *, alone: bool = False) -> None:
        """Begin to write so many works or, where nothing may be written, to read one state of the data.

        Whoever writes `alone` waits for the transactions that other nodes have begun, and they for it.
        """
        self.control(self.driver.begin if self.writable else self.driver.begin_read)

    def commit(self) -> None:
        """End the transaction: what was written is on the disk."""
        self.control("COMMIT")

    def roll_back(self) -> None:
        """End the transaction without a trace."""
        self.control("ROLLBACK")

    def control(self, sql: str) -> None:
        """Say one of the owner's other words: SAVEPOINT, ROLLBACK TO, RELEASE."""
        try:
            self._connection.execute(sql)
        except self.driver.error as error:
            raise self._translated(error) from error

    def close(self) -> None:
        """Leave the connection as it was found; one that is :attr:`broken` after it is of no use any more."""

    def _execute(self, statement: Prepared, parameters: Parameters) -> Any:
        sql, constants, _ = self._text(statement)
        values = checked({**constants, **parameters} if constants else parameters)
        try:
            return self._connection.execute(sql, values)
        except UnicodeEncodeError as error:
            raise unstorable(error, [values]) from error
        except self.driver.error as error:
            raise self._translated(error) from error

    def _text(self, statement: Prepared) -> Compiled:
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
