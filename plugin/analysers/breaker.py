"""Stops asking who keeps failing, and after a while tries once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from plugin.domain.analysis import BreakerState


class Breaker:
    """A circuit breaker; safe for several threads.

    Parameters
    ----------
    failures
        After so many in a row nobody is asked any more.
    pause
        For so long; then one question goes through, and its answer decides.
    """

    def __init__(self, failures: int, pause: timedelta, clock: Callable[[], datetime]) -> None:
        self._most, self._pause, self._clock = failures, pause, clock
        self._lock = threading.Lock()
        self._failed = 0
        self._opened_at: datetime | None = None
        self._trying = False

    def ask(self) -> bool:
        """Whether a question may go through; who is let through tells :meth:`succeeded` or :meth:`failed`."""
        with self._lock:
            if self._opened_at is None:
                return True
            # A clock that was set back must not hold the breaker open for ever.
            waited = self._clock() - self._opened_at
            if self._trying or timedelta() <= waited < self._pause:
                return False
            self._trying = True
            return True

    def succeeded(self) -> None:
        with self._lock:
            self._failed, self._opened_at, self._trying = 0, None, False

    def failed(self) -> None:
        with self._lock:
            self._failed += 1
            if self._trying or self._failed >= self._most:
                self._opened_at, self._trying = self._clock(), False

    @property
    def state(self) -> BreakerState:
        with self._lock:
            if self._opened_at is None:
                return BreakerState.CLOSED
            return BreakerState.TRIAL if self._trying else BreakerState.OPEN

    @property
    def open_until(self) -> datetime | None:
        """When an open breaker lets the next question through."""
        with self._lock:
            return None if self._opened_at is None else self._opened_at + self._pause
