"""The statements of one transaction on PostgreSQL: sent ahead, and waited for where an answer is needed.

A change that nobody asks about waits in the pipeline; a query that somebody foresaw is there
with those before it; all the rest costs a way to the server and back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Sequence
from typing import Any, ClassVar, Final

from plugin.domain.errors import StoreUnavailable
from plugin.store.drivers import Driver
from plugin.store.link import Link, Numbered, Overtaken, Prepared, Row
from plugin.store.overlap import touches
from plugin.store.storable import Parameters, checked, unstorable
from plugin.store.wire import Failed, Names, Sent, Wire

Question = tuple[int, tuple[tuple[str, Any], ...]]
"""A statement and its parameters, by which an answer is found again."""


_BESIDE_OTHERS = "SELECT pg_advisory_xact_lock_shared($1::bigint)"
_ALONE = "SELECT pg_advisory_xact_lock($1::bigint)"
_NONE: Final[Iterator[Row]] = iter(())


class Acquaintance:
    """What a connection keeps from one transaction to the next.

    Attributes
    ----------
    prepared
        SQL to the name by which its server knows it.
    sequences
        Of the tables whose rows were numbered lately.
    """

    __slots__ = ("prepared", "sequences")

    def __init__(self) -> None:
        self.prepared: Names = {}
        self.sequences: set[str] = set()


class _Asked:
    """A query that was sent ahead."""

    __slots__ = ("parameters", "sent", "statement")

    def __init__(self, statement: Prepared, parameters: Parameters, sent: Sent) -> None:
        self.statement, self.parameters, self.sent = statement, parameters, sent


class PipelinedLink(Link):
    """Sends ahead; an answer to :meth:`ask` stands until a change may have touched it.

    Parameters
    ----------
    known
        The same for all transactions of the connection.

    The numbers of rows are taken for a whole group when it begins, so that nobody waits for one.  They are
    never kept for a later transaction: of two versions on two nodes the later must have the larger number.
    """

    __slots__ = ("_asked", "_held", "_known", "_numbers", "_taken", "_wire", "_works")
    sends_ahead: ClassVar[bool] = True

    def __init__(self, connection: Any, driver: Driver, *, writable: bool, known: Acquaintance) -> None:
        super().__init__(connection, driver, writable=writable)
        try:
            self._wire = Wire(connection, known.prepared)
        except driver.error as error:
            raise driver.translate(error) from error
        self._known, self._works = known, 1
        self._taken: dict[str, Sent] = {}
        self._numbers: dict[str, Iterator[Row]] = {}
        self._asked: dict[Question, _Asked] = {}
        self._held: dict[int, int] = {}

    def begin(self, works: int = 1, *, alone: bool = False) -> None:
        super().begin()
        if self.writable:
            self._works = works
            self._handed_over(_ALONE if alone else _BESIDE_OTHERS, (_lock_key("everybody"),))
            for sequence in self._known.sequences:
                self._taken[sequence] = self._take_numbers(sequence)

    def begin_work(self, number: int) -> None:
        self._wire.work, self.failed = number, None

    def forsake(self) -> None:
        if failed := self._waited():
            self._told(failed)
        mine = self._wire.work
        # Its own answers may know what it did, and that is rolled back.
        self._asked = {key: each for key, each in self._asked.items() if each.sent.work != mine}
        # What is taken after a savepoint is given back with it.
        self._held = {key: work for key, work in self._held.items() if work != mine}

    def ask(self, statement: Prepared, parameters: Parameters) -> None:
        question = _question(statement, parameters)
        if question not in self._asked:
            self._asked[question] = _Asked(statement, parameters, self._send(statement, parameters))

    def hold(self, names: Collection[str]) -> None:
        missing = sorted({_lock_key(name) for name in names} - self._held.keys())
        if not missing:
            return
        self._held |= dict.fromkeys(missing, self._wire.work)
        # What was asked before may have been changed by whoever held them until now.
        self._asked.clear()
        keys = "{" + ",".join(map(str, missing)) + "}"
        self._handed_over("SELECT pg_advisory_xact_lock(k) FROM unnest($1::bigint[]) AS k", (keys,))

    def settle(self) -> None:
        if failed := self._waited():
            raise self._told(failed) from failed.error

    def put(self, statement: Prepared, parameters: Parameters) -> None:
        self._send(statement, parameters)

    def add(self, statement: Numbered, parameters: Parameters) -> int:
        number = self._number(statement.sequence)
        self._send(statement.by_us, {**parameters, statement.key: number})
        return number

    def run(self, statement: Prepared, parameters: Parameters) -> int:
        sent = self._send(statement, parameters)
        self.settle()
        return sent.result.command_tuples or 0

    def run_many(self, statement: Prepared, rows: Sequence[Parameters]) -> None:
        for row in rows:
            self._send(statement, row)

    def rows(self, statement: Prepared, parameters: Parameters) -> list[Row]:
        asked = self._asked.get(_question(statement, parameters)) if self._asked else None
        sent = asked.sent if asked else self._send(statement, parameters)
        if sent.result is None:
            self.settle()
        return self._wire.rows(sent)

    def commit(self) -> None:
        if self._ended("COMMIT") != "COMMIT":
            # A failure that a work has swallowed: the server rolls back, and says so by this word alone.
            self.broken = StoreUnavailable("database: it has rolled the transaction back")
            raise self.broken

    def roll_back(self) -> None:
        self._ended("ROLLBACK")

    def control(self, sql: str) -> None:
        if self.broken:
            raise self.broken
        self._handed_over(sql, ())

    def close(self) -> None:
        if self.broken:
            return
        try:
            self._wire.close()
        except self.driver.error as error:
            self._translated(error)

    def _number(self, sequence: str) -> int:
        while (row := next(self._numbers.get(sequence, _NONE), None)) is None:
            sent = self._taken.pop(sequence, None) or self._take_numbers(sequence)
            if sent.result is None:
                self.settle()
            self._numbers[sequence] = iter(self._wire.rows(sent))
            self._known.sequences.add(sequence)
        number: int = row[0]
        return number

    def _take_numbers(self, sequence: str) -> Sent:
        return self._handed_over(
            "SELECT nextval($1::regclass) FROM generate_series(1, $2::int)", (sequence, self._works)
        )

    def _ended(self, word: str) -> str:
        sent = self._handed_over(word, ())
        self.settle()
        return str(sent.result.command_status.decode())

    def _send(self, statement: Prepared, parameters: Parameters) -> Sent:
        sql, constants, order = self._text(statement)
        values = checked({**constants, **parameters} if constants else parameters)
        if statement.writes:
            self._drop_touched(statement, parameters)
        try:
            return self._handed_over(sql, [values[name] for name in order])
        except UnicodeEncodeError as error:
            raise unstorable(error, [values]) from error

    def _handed_over(self, sql: str, values: Sequence[Any]) -> Sent:
        try:
            return self._wire.send(sql, values)
        except self.driver.error as error:
            raise self._translated(error) from error

    def _drop_touched(self, change: Prepared, written: Parameters) -> None:
        for question, asked in list(self._asked.items()):
            if touches(change, written, asked.statement, asked.parameters):
                del self._asked[question]

    def _waited(self) -> Failed | None:
        try:
            failed = self._wire.wait()
        except self.driver.error as error:
            raise self._translated(error) from error
        if failed:
            self._asked = {key: each for key, each in self._asked.items() if each.sent.result is not None}
        return failed

    def _told(self, failed: Failed) -> Exception:
        ours = self._translated(failed.error)
        if failed.work == self._wire.work or self.broken:
            self.failed = ours
        else:
            self.overtaken = Overtaken(str(ours))
        return self.overtaken or ours


def _lock_key(name: str) -> int:
    """A name among the advisory locks of the database."""
    return int.from_bytes(
        hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest(), signed=True
    )


def _question(statement: Prepared, parameters: Parameters) -> Question:
    return id(statement), tuple(parameters.items())
