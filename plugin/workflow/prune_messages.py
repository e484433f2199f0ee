"""Somebody has the archive pruned: beside the live traffic, a batch a commit, until nothing that old is left."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.errors import InvalidInput
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

LANE = "timer:prune"
_LONGEST_DAYS = 36_500


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneMessages:
    """Asked for on a page, done by jobs of :attr:`JobKind.KEEP_HOUSE` that say what to prune.

    Parameters
    ----------
    batch
        Messages deleted in one commit, so that nothing waits long behind it.
    """

    around: Surroundings
    batch: int = 500

    def ask(self, uow: UnitOfWork, days: int, actor: str) -> datetime:
        """Have what was received or sent more than `days` ago deleted; audited.

        Returns
        -------
        datetime
            Before which messages go.

        Raises
        ------
        InvalidInput
            When `days` is less than one.
        """
        if not 1 <= days <= _LONGEST_DAYS:
            raise InvalidInput("days", f"is a number of days from 1 to {_LONGEST_DAYS}")
        now = self.around.clock()
        before = now - timedelta(days=days)
        uow.audit.append(now, actor, "messages.prune_asked", "archive", {"before": before.isoformat()})
        self._go_on(uow, now, {"before": before.isoformat(), "actor": actor, "count": 0})
        return before

    def __call__(self, uow: UnitOfWork, asked: Mapping[str, Any]) -> None:
        """Delete one batch; come again while there are more, and say in the audit trail how many went."""
        now = self.around.clock()
        gone = uow.messages.forget_before(datetime.fromisoformat(asked["before"]), self.batch)
        count = asked["count"] + gone
        if gone >= self.batch:
            self._go_on(uow, now, {**asked, "count": count})
            return
        detail = {"before": asked["before"], "count": str(count)}
        uow.audit.append(now, asked["actor"], "messages.pruned", "archive", detail)

    def _go_on(self, uow: UnitOfWork, now: datetime, asked: dict[str, Any]) -> None:
        key = f"prune:{now.isoformat()}:{asked['before']}:{asked['count']}"
        uow.outbox.enqueue(NewJob(kind=JobKind.KEEP_HOUSE, lane=LANE, key=key, payload=asked, due_at=now))
