"""How the HL7 traffic stands, for alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import case, func, or_, select

from plugin.domain.archive import Direction, MessageState
from plugin.domain.delivery import JobKind, JobState
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
    .where(m.received_at >= given("heard_since"), m.direction == Direction.RECEIVED.value)
    .group_by(m.sender)
)
_WAITING_SINCE = case((j.attempts > 1, j.created_at), else_=j.due_at)
"""A job that failed is due again later and later; one that failed twice has waited from the beginning."""
_WAITING = Prepared(
    select(j.kind, j.lane, func.count(), func.min(_WAITING_SINCE))
    # Questions to analysers end by themselves, and how those do is shown with the rules.
    .where(
        j.state == JobState.PENDING.value,
        or_(j.due_at <= given("now"), j.attempts > 0),
        j.kind != JobKind.ASK_ANALYSER.value,
    )
    .group_by(j.kind, j.lane)
)
_PARKED = Prepared(
    select(j.kind, j.lane, func.count()).where(j.state == JobState.PARKED.value).group_by(j.kind, j.lane)
)

_WITH_RECEIVER = frozenset({"hl7", "report", "sr"})
"""First words of lanes whose second is a receiver; other lanes belong to an examination alone."""


class SqlFeeds:
    """Implements ``plugin.delivery.watch_feeds.FeedReading``."""

    def __init__(self, store: SqlStore, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock

    def feeds(self, since: datetime, heard_since: datetime) -> Sequence[FeedRow]:
        recent, last = self._store.read(
            lambda unit: (
                unit.link.rows(_RECENT, {"since": to_us(since)}),
                unit.link.rows(_LAST, {"heard_since": to_us(heard_since)}),
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
        """By kind and receiver; of what has none, only what waits: the watch over alerts tells its parked jobs."""
        now = to_us(self._clock())
        waiting, parked = self._store.read(
            lambda unit: (unit.link.rows(_WAITING, {"now": now}), unit.link.rows(_PARKED, {}))
        )
        found: dict[str, tuple[int, int]] = {}
        for kind, lane, count, since in waiting:
            peer = _peer(kind, lane) or kind
            before, oldest = found.get(peer, (0, since))
            found[peer] = (before + count, min(oldest, since))
        dead: Counter[str] = Counter()
        for kind, lane, count in parked:
            if peer := _peer(kind, lane):
                dead[peer] += count
        return [
            QueueRow(
                peer=peer,
                waiting=found[peer][0] if peer in found else 0,
                waiting_since=from_us(found[peer][1]) if peer in found else None,
                parked=dead[peer],
            )
            for peer in sorted({*found, *dead})
        ]


def _peer(kind: str, lane: str) -> str:
    what, _, rest = lane.partition(":")
    return f"{kind} {rest.partition(':')[0]}" if what in _WITH_RECEIVER else ""
