"""Connections that were refused: one row a peer, listener and reason."""

from __future__ import annotations

from conftest import StoppedClock

from plugin.domain.turned_away import Reason, TurnedAway
from plugin.store.store import SqlStore


def told(clock: StoppedClock, peer: str, reason: Reason = Reason.ADDRESS, detail: str = "") -> TurnedAway:
    return TurnedAway(
        peer=peer, listener="hl7", reason=reason, detail=detail, count=2, first_at=clock(), last_at=clock()
    )


def test_they_are_counted_together_newest_first(store: SqlStore, clock: StoppedClock) -> None:
    first = clock()
    store.write(lambda uow: uow.turned_away.add([told(clock, "10.0.0.8"), told(clock, "10.0.0.9")]))
    clock.advance(minutes=1)
    again = told(clock, "10.0.0.8"), told(clock, "10.0.0.8", Reason.HANDSHAKE, "expired")
    store.write(lambda uow: uow.turned_away.add(again))
    found = store.read(lambda uow: uow.turned_away.newest(10))
    assert [(one.peer, one.reason, one.count, one.detail) for one in found] == [
        ("10.0.0.8", Reason.ADDRESS, 4, ""),
        ("10.0.0.8", Reason.HANDSHAKE, 2, "expired"),
        ("10.0.0.9", Reason.ADDRESS, 2, ""),
    ]
    assert (found[0].first_at, found[0].last_at) == (first, clock())
    assert len(store.read(lambda uow: uow.turned_away.newest(1))) == 1


def test_who_has_not_come_for_long_is_left_out(store: SqlStore, clock: StoppedClock) -> None:
    store.write(lambda uow: uow.turned_away.add([told(clock, "10.0.0.8")]))
    clock.advance(days=1)
    store.write(lambda uow: uow.turned_away.add([told(clock, "10.0.0.9")]))
    assert store.write(lambda uow: uow.housekeeping.purge_turned_away(clock())) == 1
    assert [one.peer for one in store.read(lambda uow: uow.turned_away.newest(10))] == ["10.0.0.9"]
