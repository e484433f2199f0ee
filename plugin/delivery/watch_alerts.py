"""Is the chain of critical values whole?  Channels, roster, and a queue that moves.

Asked by ``/readyz`` and by the banner of every console page, so that a broken chain is
known before the next critical value needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.delivery.jobs import JobStore
from plugin.domain.delivery import Job, JobKind, JobState
from plugin.domain.errors import StoreUnavailable

STUCK_AFTER = timedelta(minutes=2)
"""A notice or a timer so long overdue has been forgotten by its worker."""

ASK_EVERY = timedelta(seconds=5)
"""An answer is used again so long: every open page asks."""

_KINDS = frozenset({JobKind.SEND_NOTICE, JobKind.ESCALATE_ALERT})


@dataclass(slots=True, kw_only=True)
class WatchAlerts:
    """Looks for what would keep the next critical value from being heard of.

    Parameters
    ----------
    channels
        Names of the site's channels.
    roster
        What is wrong with the roster at a time.
    clock
        Aware UTC now.
    """

    jobs: JobStore
    channels: Sequence[str]
    roster: Callable[[datetime], Iterable[str]]
    clock: Callable[[], datetime]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked_at: datetime | None = None
    _found: tuple[str, ...] = ()

    def faults(self) -> tuple[str, ...]:
        """What is wrong, in words for whoever mends it; empty when all is well."""
        with self._lock:
            now = self.clock()
            if self._asked_at is None or not timedelta() <= now - self._asked_at < ASK_EVERY:
                self._found, self._asked_at = tuple(self._look(now)), now
            return self._found

    def probe(self) -> str | None:
        """For ``/readyz``: ``None``, or what is wrong on one line."""
        return "; ".join(self.faults()) or None

    def _look(self, now: datetime) -> Iterable[str]:
        if not self.channels:
            yield "no channel is configured: notify.toml names none"
        yield from self.roster(now)
        try:
            yield from self._queue(now)
        except StoreUnavailable:
            yield "the queue cannot be read: the store is unavailable"

    def _queue(self, now: datetime) -> Iterable[str]:
        if parked := self._ours(JobState.PARKED):
            yield f"{len(parked)} notices or timers are parked: no channel took them (jobs page)"
        # A job that is tried again is late by its pauses; what a worker has never taken is stuck.
        late = [job for job in self._ours(JobState.PENDING) if now - job.due_at > STUCK_AFTER]
        if late:
            yield f"{len(late)} notices or timers are overdue since {min(job.due_at for job in late):%H:%M}Z"
        failing = [job for job in self._ours(JobState.PENDING) if job.attempts > 1 and job.last_error]
        if failing:
            yield f"{len(failing)} notices fail on every channel, last: {failing[0].last_error}"

    def _ours(self, state: JobState) -> list[Job]:
        return [job for job in self.jobs.listing(state, limit=500) if job.kind in _KINDS]
