"""The JobStore port: what the worker needs of whoever keeps the jobs.

Rules (design: choices.md, outbox rules).  One lane a key, so that order is kept where it
matters and a dead destination starves nobody else; `complete` fences first: a worker
whose lease has run out cannot settle a job that another has taken over; retries are
bounded, with jitter, and end parked and visible.  Every implementation passes
``tests/unit/delivery/jobstore_conformance.py``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta
from typing import Any, Protocol

from plugin.domain.delivery import Job, JobCounts, JobKind, JobState


class JobStore(Protocol):
    """Claims, settles and shows jobs; enqueueing belongs to the journeys' transaction."""

    def claim(self, kinds: Sequence[JobKind], limit: int, lease: timedelta) -> list[Job]:
        """Take up to `limit` due jobs, each the head of its lane, oldest due first.

        A claimed job is ours until the lease ends; an expired lease makes it claimable again
        with a higher fence.
        """
        ...

    def extend(self, job: Job, lease: timedelta) -> bool:
        """Prolong the lease; ``False`` when the job has been taken over."""
        ...

    def complete(self, job: Job, effect: Callable[[Any], None] | None = None) -> bool:
        """Mark as done, together with `effect` (a function of the unit of work) in one commit.

        Returns ``False``, and does nothing, when the fence is old.
        """
        ...

    def retry(self, job: Job, error: str, delay: timedelta) -> bool:
        """Make it due again after `delay`; parks it when its attempts are used up."""
        ...

    def park(self, job: Job, error: str) -> bool:
        """The visible dead end.  The lane goes on behind it unless order demands otherwise."""
        ...

    def requeue(self, job_id: int) -> bool:
        """A person sends a parked job again, with fresh attempts."""
        ...

    def get(self, job_id: int) -> Job | None: ...

    def listing(
        self, state: JobState | None, limit: int = 100, kinds: Collection[JobKind] = ()
    ) -> Sequence[Job]:
        """Jobs, newest first: of a state, or of every one; of some kinds, or of all."""
        ...

    def counts(self) -> JobCounts: ...
