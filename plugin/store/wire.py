"""One PostgreSQL connection, spoken to in libpq's pipeline mode.

What is sent waits in libpq's buffer until somebody needs an answer; then all of it goes out in
one piece and comes back in one.  psycopg's own pipeline gives each statement a system call, wakes
the server for it, and does ten times the work in Python (ADR 0149).
"""

from __future__ import annotations

import hashlib
import selectors
from collections import deque
from collections.abc import Callable, MutableMapping, Sequence
from typing import Any, Final, NamedTuple

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result

Names = MutableMapping[str, bytes]
"""SQL to the name under which the connection's server has it prepared."""

_READ_AND_WRITE: Final = selectors.EVENT_READ | selectors.EVENT_WRITE
_TEXT, _BINARY = pq.Format.TEXT, pq.Format.BINARY
_PREPARED_MAX: Final = 500
"""Statements that a connection keeps prepared; a page's rarer combinations of filters are planned each time."""

_OK: Final = frozenset({pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY})


def _as_text(value: float) -> bytes:
    return repr(value).encode()


def _as_it_is(value: Any) -> Any:
    return value


_SPOKEN: Final[dict[type, Callable[[Any], bytes | None]]] = {
    str: str.encode,
    int: b"%d".__mod__,
    float: _as_text,
    bool: {False: b"f", True: b"t"}.__getitem__,
    bytes: _as_it_is,
    type(None): _as_it_is,
}


class Sent:
    """A statement on its way, and its answer once that has come.

    Attributes
    ----------
    work
        Whose statement it is: the wire's ``work`` when it was sent.
    sql
        What this one was to prepare; empty when it executes.
    """

    __slots__ = ("result", "sql", "work")

    def __init__(self, work: int, sql: str = "") -> None:
        self.work, self.sql = work, sql
        self.result: Any = None


class Failed(NamedTuple):
    """A statement that failed, by the number of its work."""

    work: int
    error: psycopg.Error


class Wire:
    """The pipeline of one connection; nobody else may use the connection until :meth:`close`.

    Parameters
    ----------
    connection
        In autocommit mode, without a transaction.
    names
        Kept as long as the connection.

    Attributes
    ----------
    work
        A number that marks what is sent from now on.
    """

    def __init__(self, connection: psycopg.Connection[Any], names: Names) -> None:
        self._pg, self._names = connection.pgconn, names
        self._transformer = Transformer(connection)
        # No further descriptor a transaction, and none that must be below 1024 (Windows has no poll).
        self._ready = getattr(selectors, "PollSelector", selectors.SelectSelector)()
        self._ready.register(self._pg.socket, selectors.EVENT_READ)
        self._under_way: deque[Sent] = deque()
        self.work = 0
        self._pg.enter_pipeline_mode()

    def send(self, sql: str, values: Sequence[Any] = ()) -> Sent:
        """Send a statement behind those before it; `values` are str, bytes, int, float, bool or ``None``."""
        name = self._names.get(sql) or self._prepare(sql)
        spoken = [_SPOKEN[type(value)](value) for value in values]
        formats = [_BINARY if type(value) is bytes else _TEXT for value in values]
        self._pg.send_query_prepared(name, spoken, formats, _BINARY)
        sent = Sent(self.work)
        self._under_way.append(sent)
        return sent

    def wait(self) -> Failed | None:
        """Until everything that was sent is answered; the first that failed, if one did.

        What was sent after that one was passed over; the server goes on with what is sent next.

        Raises
        ------
        psycopg.OperationalError
            The connection is lost.
        """
        if not self._under_way:
            return None
        self._pg.pipeline_sync()
        failed: Failed | None = None
        while self._under_way:
            sent = self._under_way.popleft()
            result = self._next()
            if result.status in _OK:
                sent.result = result
                continue
            self._names.pop(sent.sql, None)
            if failed is None:
                failed = Failed(sent.work, error_from_result(result))
        self._next()  # the answer to our asking for all
        return failed

    def rows(self, sent: Sent) -> list[tuple[Any, ...]]:
        """The rows of an answer that has come."""
        height = sent.result.ntuples
        if not height:
            return []
        self._transformer.set_pgresult(sent.result)
        return self._transformer.load_rows(0, height, tuple)

    def close(self) -> None:
        """Hand the connection back.

        Raises
        ------
        psycopg.OperationalError
            Answers are outstanding, or the connection is lost: it can only be closed.
        """
        self._pg.exit_pipeline_mode()

    def _prepare(self, sql: str) -> bytes:
        name = b""
        if len(self._names) < _PREPARED_MAX:
            name = self._names[sql] = hashlib.sha256(sql.encode()).hexdigest()[:32].encode()
        self._pg.send_prepare(name, sql.encode())
        self._under_way.append(Sent(self.work, sql))
        return name

    def _next(self) -> Any:
        """The next answer; libpq sets an empty one behind each, which is passed over."""
        for _ in range(2):
            while self._pg.is_busy():
                # The server may stop reading until we do: what does not go out at once goes out meanwhile.
                unsent = self._pg.flush()
                self._ready.modify(self._pg.socket, _READ_AND_WRITE if unsent else selectors.EVENT_READ)
                self._ready.select()
                self._pg.consume_input()
            result = self._pg.get_result()
            if result is not None:
                return result
        raise psycopg.OperationalError(self._pg.get_error_message() or "the server has closed the connection")
