"""Who was not let in is counted by peer and reason, and told when a moment has passed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hl7_peers import SteeredLoop, connect, is_closed, listening
from patience import until

from plugin.domain.turned_away import OTHERS, Reason, TurnedAway
from plugin.hl7.doorkeeper import PEERS, TELL_EVERY_S, Doorkeeper
from plugin.hl7.session import Peer

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> SteeredLoop:
    steered = SteeredLoop()
    monkeypatch.setattr("plugin.hl7.server._new_event_loop", lambda: steered)
    return steered


async def nobody(_block: bytes, _peer: Peer) -> None:
    return None


def test_refused_connections_are_told_together_and_once(loop: SteeredLoop) -> None:
    told: list[Sequence[TurnedAway]] = []
    keeper = Doorkeeper(told.append, lambda: NOW)
    with listening(nobody, doorkeeper=keeper, allowed=("10.0.0.0/8",)) as (server, port):
        for _ in range(3):
            with connect(port) as stranger:
                assert is_closed(stranger)
        until(lambda: server.counts["refused_address"] == 3)
        assert told == []
        until(lambda: loop.advance(TELL_EVERY_S) or bool(told))
    ((one,),) = told
    assert (one.peer, one.listener, one.reason, one.count) == ("127.0.0.1", "hl7", Reason.ADDRESS, 3)
    assert (one.first_at, one.last_at, one.detail) == (NOW, NOW, "")


def test_what_was_not_told_yet_is_told_at_the_end(loop: SteeredLoop) -> None:
    told: list[Sequence[TurnedAway]] = []
    keeper = Doorkeeper(told.append, lambda: NOW)
    with (
        listening(nobody, doorkeeper=keeper, allowed=("10.0.0.0/8",)) as (_, port),
        connect(port) as stranger,
    ):
        assert is_closed(stranger)
    assert [one.count for one in told[0]] == [1]


def test_a_network_of_addresses_fills_no_table(loop: SteeredLoop) -> None:
    told: list[Sequence[TurnedAway]] = []
    keeper = Doorkeeper(told.append, lambda: NOW)

    async def knock() -> None:
        for number in range(PEERS + 100):
            keeper.note(f"2001:db8::{number:x}", "hl7", Reason.FULL)

    loop.run_until_complete(knock())
    keeper.tell()
    (counted,) = told
    assert len(counted) == PEERS + 1
    assert [one.count for one in counted if one.peer == OTHERS] == [100]
    loop.close()
