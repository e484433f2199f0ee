"""The wall clock is set anew while timers are armed: none is lost, none goes off twice.

Timers stand in the database by the wall clock, so that they survive the process and a
machine that was asleep: whatever is overdue when it wakes goes off at once.  A clock that
is set *forward* looks the same, and is treated the same, for to tell too early does no
harm.  A clock that is set *back* would put every armed timer off by as much: they are
brought forward again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from plugin.domain.errors import StoreUnavailable
from plugin.kit.where import where

SMALLEST_STEP = timedelta(seconds=5)
"""Less is the slow correction of a time server."""

LOOK_EVERY_S = 1.0

Stepped = Callable[[timedelta, datetime], None]
"""``stepped(by, now)``: the wall clock has been set by so much, and shows `now`."""

_log = structlog.get_logger(__name__)


def since_boot() -> float:
    """Seconds since the machine was started, those counted in which it was asleep."""
    boot_clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_clock is None else time.clock_gettime(boot_clock)


class WatchClock:
    """Compares the wall clock with the machine's own count of seconds.

    Parameters
    ----------
    wall
        Aware UTC now.
    elapsed
        Seconds that have passed, whatever the wall clock is set to.
    stepped
        Told of each step.
    """

    def __init__(self, wall: Callable[[], datetime], elapsed: Callable[[], float], stepped: Stepped) -> None:
        self._wall, self._elapsed, self._stepped = wall, elapsed, stepped
        self._then = wall(), elapsed()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="clock", daemon=True)

    def look(self) -> timedelta:
        """Tell of a step since the last look; how large it was, zero for none.

        Raises
        ------
        StoreUnavailable
            The step could not be written down; the next look finds it again.
        """
        wall, elapsed = self._then
        now, count = self._wall(), self._elapsed()
        by = (now - wall) - timedelta(seconds=count - elapsed)
        step = by if abs(by) >= SMALLEST_STEP else timedelta()
        if step:
            self._stepped(step, now)
        self._then = now, count
        return step

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(5)

    def _serve(self) -> None:
        while not self._stopping.wait(LOOK_EVERY_S):
            try:
                step = self.look()
            except StoreUnavailable as error:
                _log.warning("clock.step_not_kept", reason=str(error))
                continue
            except Exception as error:
                # Without this thread a clock that is set back puts every armed timer off.
                _log.error("clock.watch_failed", error=type(error).__name__, where=where(error))
                continue
            if step:
                _log.warning("clock.stepped", by_s=round(step.total_seconds(), 1))
