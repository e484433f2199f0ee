"""Is the chain of critical values whole?  Channels, roster, and a queue that moves.

Asked by ``/readyz`` and by the banner of every console page, so that a broken chain is
known before the next critical value needs it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from plugin.domain.delivery import Job, JobKind, JobState
from plugin.domain.errors import StoreUnavailable

STUCK_AFTER = timedelta(minutes=2)
"""A notice or a timer so long overdue has been forgotten by its worker."""

ASK_EVERY = timedelta(seconds=5)
"""An answer is used again so long: every open page asks."""

_KINDS = frozenset({JobKind.SEND_NOTICE, JobKind.ESCALATE_ALERT})


class JobListing(Protocol):
    """What is asked of :class:`plugin.delivery.jobs.JobStore`."""

    def listing(
        self, state: JobState | None, limit: int = 100, kinds: Collection[JobKind] = ()
    ) -> Sequence[Job]: ...


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

    jobs: JobListing
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
        waiting = self._ours(JobState.PENDING)
        # A retry is due after its pause; what is overdue now has been taken by no worker.
        if late := [job.due_at for job in waiting if now - job.due_at > STUCK_AFTER]:
            yield f"{len(late)} notices or timers are overdue since {min(late):%H:%M}Z"
        if failing := [job.last_error for job in waiting if job.attempts > 1 and job.last_error]:
            yield f"{len(failing)} notices fail on every channel, last: {failing[0]}"

    def _ours(self, state: JobState) -> Sequence[Job]:
        # By kind: thousands of jobs for an archive that is away stand before none of these.
        return self.jobs.listing(state, 500, _KINDS)
