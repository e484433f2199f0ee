"""Jobs asked for in a transaction."""

from __future__ import annotations

from typing import Protocol

from plugin.domain.delivery import NewJob


class Outbox(Protocol):
    """Jobs asked for in this transaction; they exist when it commits."""

    def enqueue(self, job: NewJob) -> None: ...

    def cancel(self, key: str) -> bool:
        """Cancel a job that has not been claimed; ``True`` when there was one."""
        ...

    def hurry(self, lane: str) -> None:
        """Make every job of a lane due now that waits for its time; their order stays."""
        ...
