"""The one thread that writes.

Works wait in a queue.  The thread takes what waits (bounded), runs each work, commits once,
and only then resolves the futures: one sync to disk serves all who waited beside each other.
An exception rolls back its own work alone (the others of its group are then run again: a work
is a function of its unit and nothing else); a database that fails, fails the group with
:class:`StoreUnavailable`, and the thread goes on with the next.

Who committed together mostly comes together again: each sender of a group sends its next
message when it has its answer.  So the thread waits a moment for as many as the last group
had, since a commit costs more than the change in it (ADR 0148); one who comes alone waits for
nobody.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from typing import Any, TypeVar

import structlog

from plugin.domain.delivery import JobKind
from plugin.domain.errors import StoreUnavailable
from plugin.kit.where import where
from plugin.store.drivers import Crossed
from plugin.store.engine import Database
from plugin.store.group import Item, Work, ask_ahead, carry_out
from plugin.store.link import Link, Overtaken

T = TypeVar("T")

_log = structlog.get_logger(__name__)


Ring = Callable[[frozenset[JobKind]], None]
"""Told, after the commit, of which kinds jobs have become due."""
_TROUBLED = timedelta(seconds=30)
"""How long a change that could not be kept is told of: who balances load asks every few seconds."""
_TRIES = 5
"""A group that other nodes' transactions cross is begun so often before its senders are told to come again."""


class _Unreachable(StoreUnavailable):
    """Nobody who waits can be served."""


class Writer:
    """Runs works, in the order of their arrival, on its own thread and connection.

    Parameters
    ----------
    database
        Where to; its settings bound the queue and the group.
    clock
        Time of the outbox and of the audit trail.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database, self._clock = database, clock
        self._ring: Ring | None = None
        self._settings = database.settings
        self._waiting: deque[Item] = deque()
        self._expected = 1
        self._changed = threading.Condition()
        self._stopping = False
        self._failed: tuple[datetime, str] | None = None
        self._connection: Any = None
        self._thread = threading.Thread(target=self._serve, name="store-writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def submit(self, work: Work[T], foreseen: Work[object] | None = None) -> Future[T]:
        """Queue `work`, which will read what `foreseen` reads for trial; a full queue and a stopped writer refuse at once, through the future.

        Callbacks of the future run on the writer's thread: they must be short.
        """
        item = Item(work, foreseen)
        with self._changed:
            if self._stopping:
                refused = "the store is closing"
            elif len(self._waiting) >= self._settings.queue_max:
                refused = f"{len(self._waiting)} changes wait already for the database"
            else:
                # From here on it is the writer's: its error may be set, and unset, before we look again.
                self._waiting.append(item)
                if len(self._waiting) == 1 or len(self._waiting) >= self._expected:
                    self._changed.notify()
                return item.future
        item.error = StoreUnavailable(refused)
        item.resolve()
        return item.future

    def ring(self, ring: Ring) -> None:
        """Call `ring`, on this thread, after each commit that made jobs due; it must be short."""
        self._ring = ring

    def owns_this_thread(self) -> bool:
        """Whether the caller is inside a work: to wait for another one there would be for ever."""
        return threading.current_thread() is self._thread

    def waiting(self) -> int:
        """How many works wait."""
        return len(self._waiting)

    def stop(self) -> None:
        """Finish what was submitted, then end the thread."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join()

    def _serve(self) -> None:
        while group := self._take():
            try:
                self._commit_together(group)
            except BaseException as error:
                # Whatever it was, whoever waits must hear of it, and the next group must find a writer.
                _log.error("store.writer_failed", error=type(error).__name__, where=where(error))
                self._disconnect()
                for item in group:
                    if not item.future.done():
                        item.error = error
                        item.resolve()
        self._disconnect()

    def _take(self) -> list[Item]:
        """The next group, in order; empty when the writer shall end."""
        with self._changed:
            while self._waiting or not self._stopping:
                if not self._waiting:
                    self._changed.wait()
                    continue
                self._changed.wait_for(self._complete, self._settings.gather_s)
                size = min(len(self._waiting), self._settings.group_max)
                group = [self._waiting.popleft() for _ in range(size)]
                self._expected = size
                # Who has cancelled while waiting gets nothing done; who goes later has no say any more.
                if live := [item for item in group if item.future.set_running_or_notify_cancel()]:
                    return live
            return []

    def _complete(self) -> bool:
        """Whether there is nobody to wait for any more."""
        return len(self._waiting) >= self._expected or self._stopping

    def _commit_together(self, group: Sequence[Item]) -> None:
        # Works seldom fail, and to set each apart in a savepoint takes longer than most of its
        # statements.  So a group is run as if none would; where one does, or a change that nobody waited
        # for fails when the works after it have run, all are run once more, each apart, so that only
        # its own work fails.
        apart, alone, tries = False, False, 0
        while True:
            tries += 1
            try:
                ready = self._transaction(group, apart=apart, alone=alone)
                break
            except Overtaken:
                _log.info("store.group_again", works=len(group))
                if apart:
                    self._fail(group, StoreUnavailable("database: a change fails that is nobody's"))
                    return
                apart = True
            except Crossed as error:
                _log.info("store.crossed", works=len(group), reason=str(error))
                self._disconnect()
                # Among nodes that are as busy it would be crossed again and again.
                alone = True
                if tries > _TRIES:
                    self._fail(group, error)
                    return
            except _Unreachable as error:
                # All who wait would wait as long again, one group after the other: tell them now.
                self._fail([*group, *self._drain()], error)
                return
            except StoreUnavailable as error:
                self._fail(group, error)
                return
        for item in group:
            item.resolve()
        if ready and self._ring:
            self._ring(frozenset(ready))

    def _transaction(self, group: Sequence[Item], *, apart: bool, alone: bool) -> set[JobKind]:
        """Begin, run the works, commit; return the kinds of which jobs have become due.

        Raises
        ------
        StoreUnavailable
            When the transaction is lost; `_Unreachable` when none can be begun, `Crossed` when another node
            was in its way.
        Overtaken
            When it is to be done again; it is rolled back.
        """
        try:
            link = self._begin(group, alone)
        except Crossed:
            raise
        except StoreUnavailable as error:
            raise _Unreachable(*error.args) from error
        try:
            return carry_out(link, group, self._clock, apart=apart)
        except Overtaken:
            link.roll_back()
            raise
        finally:
            link.close()

    def _begin(self, group: Sequence[Item], alone: bool) -> Link:
        fresh = self._connection is None
        if fresh:
            self._connection = self._database.writer_connection()
        try:
            link = self._database.link(self._connection, writable=True)
            link.begin(len(group), alone=alone)
            ask_ahead(link, group, self._clock)
            # Of a server that was restarted since the last group this is what tells, and nothing is lost yet.
            link.settle()
        except StoreUnavailable:
            self._disconnect()
            if fresh or self._database.is_sqlite:
                raise
            # The server was restarted since the last group; nothing was begun, so a second try is safe.
            return self._begin(group, alone)
        return link

    def _drain(self) -> list[Item]:
        with self._changed:
            rest = list(self._waiting)
            self._waiting.clear()
        return [item for item in rest if item.future.set_running_or_notify_cancel()]

    def trouble(self) -> str | None:
        """Why a change could not be kept in the last half minute; ``None`` when each was."""
        if self._failed is None:
            return None
        at, reason = self._failed
        return reason if abs(self._clock() - at) < _TROUBLED else None

    def _fail(self, items: Sequence[Item], error: StoreUnavailable) -> None:
        if not isinstance(error, Crossed):
            self._failed = self._clock(), str(error)
        _log.error("store.unavailable", works=len(items), reason=str(error))
        self._disconnect()
        for item in items:
            item.error = error
            item.resolve()

    def _disconnect(self) -> None:
        """Give the connection up; the next group opens another, whatever state this one is in."""
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.invalidate()  # closed as it is; the pool would first want to roll back
        except self._database.driver.error as error:
            _log.warning("store.close_failed", reason=str(error))
