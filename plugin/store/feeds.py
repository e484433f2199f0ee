"""How the HL7 traffic stands, for alarms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import func, select

from plugin.domain.archive import Direction, MessageState
from plugin.domain.delivery import JobState
from plugin.domain.listing import FeedRow, QueueRow
from plugin.store.codec import from_us, to_us
from plugin.store.link import Prepared, given
from plugin.store.store import SqlStore
from plugin.store.tables.jobs import jobs
from plugin.store.tables.messages import messages

m, j = messages.c, jobs.c

_RECENT = Prepared(
    select(m.sender, m.state, func.count())
    .where(m.received_at >= given("since"), m.direction == Direction.RECEIVED.value)
    .group_by(m.sender, m.state)
)
_LAST = Prepared(
    select(m.sender, func.max(m.received_at))
    .where(m.direction == Direction.RECEIVED.value)
    .group_by(m.sender)
)
_WAITING = Prepared(
    select(j.kind, j.lane, func.count(), func.min(j.due_at))
    .where(j.state == JobState.PENDING.value, j.due_at <= given("now"))
    .group_by(j.kind, j.lane)
)


class SqlFeeds:
    """Implements ``plugin.delivery.watch_feeds.FeedReading``."""

    def __init__(self, store: SqlStore, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock

    def feeds(self, since: datetime) -> Sequence[FeedRow]:
        recent, last = self._store.read(
            lambda unit: (
                unit.link.rows(_RECENT, {"since": to_us(since)}),
                unit.link.rows(_LAST, {}),
            )
        )
        received: dict[str, int] = {}
        refused: dict[str, int] = {}
        for sender, state, count in recent:
            received[sender] = received.get(sender, 0) + count
            if state != MessageState.ACCEPTED.value:
                refused[sender] = refused.get(sender, 0) + count
        return [
            FeedRow(
                sender=sender,
                received=received.get(sender, 0),
                refused=refused.get(sender, 0),
                last_at=from_us(at),
            )
            for sender, at in last
        ]

    def queues(self) -> Sequence[QueueRow]:
        """By kind and receiver; a lane is ``what:receiver:…``, or belongs to an examination alone."""
        now = to_us(self._clock())
        rows = self._store.read(lambda unit: unit.link.rows(_WAITING, {"now": now}))
        found: dict[str, tuple[int, int]] = {}
        for kind, lane, count, due in rows:
            what, _, rest = lane.partition(":")
            named = what in {"hl7", "report", "sr"}
            peer = f"{kind} {rest.partition(':')[0]}" if named else kind
            before, oldest = found.get(peer, (0, due))
            found[peer] = (before + count, min(oldest, due))
        return [
            QueueRow(peer=peer, waiting=count, oldest_due_at=from_us(due))
            for peer, (count, due) in sorted(found.items())
        ]
