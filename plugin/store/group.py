"""Works that are committed together: what one transaction of the writer consists of."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime
from typing import Any, TypeVar

from plugin.domain.delivery import JobKind
from plugin.domain.errors import PluginError
from plugin.store.audit import Entry, seal
from plugin.store.link import Link, Overtaken
from plugin.store.unit_of_work import SqlUnitOfWork

T = TypeVar("T")

Work = Callable[[SqlUnitOfWork], T]


class Item:
    """A work that waits, with whom it is promised to; later its outcome."""

    __slots__ = ("error", "foreseen", "future", "result", "work")

    def __init__(self, work: Work[Any], foreseen: Work[object] | None) -> None:
        self.work, self.foreseen = work, foreseen
        self.future: Future[Any] = Future()
        self.result: Any = None
        self.error: BaseException | None = None

    def resolve(self) -> None:
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def ask_ahead(link: Link, group: Sequence[Item], clock: Callable[[], datetime]) -> None:
    """What the works of the group will read, in one go."""
    if not link.sends_ahead:
        return
    asking = [item.foreseen for item in group if item.foreseen]

    def all_of_them(trial: SqlUnitOfWork) -> None:
        for foreseen in asking:
            # It goes through data that a work would refuse; the work itself will say so.
            with contextlib.suppress(PluginError):
                foreseen(trial)

    if asking:
        SqlUnitOfWork(link, clock).ahead(all_of_them)


def carry_out(
    link: Link, group: Sequence[Item], clock: Callable[[], datetime], *, apart: bool
) -> set[JobKind]:
    """Run the works and commit; return the kinds of which jobs have become due.

    Raises
    ------
    StoreUnavailable
        When the transaction is lost, and with it the whole group.
    Overtaken
        When it is to be rolled back and done again.
    """
    entries: list[Entry] = []
    ready: set[JobKind] = set()
    alone = len(group) == 1
    for number, item in enumerate(group, 1):
        link.begin_work(number)
        unit = _run(link, item, clock, apart=apart)
        if item.error is None:
            entries += unit.audit.entries
            ready |= unit.outbox.ready
        elif not (alone or apart):
            raise Overtaken("a work failed beside others")
    link.begin_work(0)
    if alone and group[0].error:
        link.roll_back()
    else:
        seal(link, entries, clock)
        link.commit()
    return ready


def _run(link: Link, item: Item, clock: Callable[[], datetime], *, apart: bool) -> SqlUnitOfWork:
    """Run one work in a unit of its own; one that fails `apart` leaves nothing behind."""
    if apart:
        link.control("SAVEPOINT work")
    unit = SqlUnitOfWork(link, clock)
    item.result = item.error = None
    try:
        item.result = item.work(unit)
        if apart:
            link.settle()
        if link.failed:
            raise link.failed
    except BaseException as error:  # also what is no Exception: the caller gets it, the thread does not
        item.error = error
        link.forsake()
    if link.broken:
        raise link.broken
    if link.overtaken:
        raise link.overtaken
    if apart:
        if item.error:
            link.control("ROLLBACK TO SAVEPOINT work")
        link.control("RELEASE SAVEPOINT work")
    return unit
