"""Connections that the HL7 listener refused."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from plugin.domain.turned_away import Reason, TurnedAway
from plugin.store.codec import from_us, to_us
from plugin.store.link import Link, Prepared, given, offered, upsert
from plugin.store.storable import visible
from plugin.store.tables.turned_away import turned_away

t = turned_away.c

_ADD = Prepared(
    upsert(
        turned_away,
        {
            "count": t["count"] + offered(turned_away, "count"),
            "detail": offered(turned_away, "detail"),
            "last_at": offered(turned_away, "last_at"),
        },
    )
)
_NEWEST = Prepared(select(*t).order_by(t.last_at.desc(), t.peer, t.reason).limit(given("at_most")))


class SqlTurnedAway:
    """Implements ``TurnedAwayRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, told: Sequence[TurnedAway]) -> None:
        # In one order on every node: two that are knocked at by the same peers do not wait for each other.
        for one in sorted(told, key=lambda each: (each.peer, each.listener, each.reason)):
            self._link.put(
                _ADD,
                {
                    "peer": visible(one.peer),
                    "listener": one.listener,
                    "reason": one.reason.value,
                    "detail": visible(one.detail),
                    "count": one.count,
                    "first_at": to_us(one.first_at),
                    "last_at": to_us(one.last_at),
                },
            )

    def newest(self, limit: int) -> Sequence[TurnedAway]:
        return [_told(*row) for row in self._link.rows(_NEWEST, {"at_most": limit})]


def _told(
    peer: str, listener: str, reason: str, detail: str, count: int, first_at: int, last_at: int
) -> TurnedAway:
    return TurnedAway(
        peer=peer,
        listener=listener,
        reason=Reason(reason),
        detail=detail,
        count=count,
        first_at=from_us(first_at),
        last_at=from_us(last_at),
    )
