"""Joins who keeps timers in time over steps of the host's clock."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.delivery.watch_clock import SMALLEST_STEP, WatchClock, since_boot
from plugin.store.store import SqlStore
from plugin.workflow.keep_time import catch_up, keep_time
from plugin.workflow.ports.surroundings import Clock


def build_clock_watch(store: SqlStore, clock: Clock) -> WatchClock:
    """Catch up with what happened to the clock while nothing ran, and make the watch that is started next.

    Only for a process that has the database for itself: its host's clock is then the only
    one that timers go by.
    """
    store.write(lambda uow: catch_up(uow, clock(), SMALLEST_STEP))

    def stepped(by: timedelta, now: datetime) -> None:
        store.write(lambda uow: keep_time(uow, by, now))

    return WatchClock(clock, since_boot, stepped)
