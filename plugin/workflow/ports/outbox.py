"""Jobs asked for in a transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Protocol

from plugin.domain.delivery import JobKind, NewJob


class Outbox(Protocol):
    """Jobs asked for in this transaction; they exist when it commits."""

    def enqueue(self, job: NewJob) -> None: ...

    def cancel(self, key: str) -> bool:
        """Cancel a job that has not been claimed; ``True`` when there was one."""
        ...

    def give_up(self, job: NewJob, error: str) -> None:
        """Add a job that only a person sends again; one of its key that is done is given up anew."""
        ...

    def hurry(self, lane: str) -> None:
        """Make every job of a lane due now that waits for its time; their order stays."""
        ...

    def try_again(self, kind: JobKind, receiver: str) -> None:
        """Make due now what failed and pauses on its way to one receiver, the second word of its lane."""
        ...

    def bring_forward(self, by: timedelta, but: Collection[JobKind]) -> None:
        """Make whatever waits for a time due so much earlier, but jobs of these kinds."""
        ...

    def newest(self) -> datetime | None:
        """When the last job was asked for; ``None`` without jobs."""
        ...
