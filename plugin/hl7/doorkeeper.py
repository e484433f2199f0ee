"""Who was not let in, counted, and told every few seconds: a sender that tries for ever costs one change of a row."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from plugin.domain.turned_away import OTHERS, Reason, TurnedAway

TELL_EVERY_S = 5.0
PEERS = 50
"""Peers that are told one by one at a time; whoever has a network of addresses fills no table."""


class Doorkeeper:
    """Keeps count between two tellings; for use on one event loop's thread.

    Parameters
    ----------
    tell
        Takes what has come together; it must not block.
    """

    def __init__(self, tell: Callable[[Sequence[TurnedAway]], object], clock: Callable[[], datetime]) -> None:
        self._tell, self._clock = tell, clock
        self._counted: dict[tuple[str, str, Reason], TurnedAway] = {}
        self._timer: asyncio.TimerHandle | None = None

    def note(self, peer: str, listener: str, reason: Reason, detail: str = "") -> None:
        """One connection more that was refused; it is told in a moment."""
        if (peer, listener, reason) not in self._counted and len(self._counted) >= PEERS:
            peer = OTHERS
        now = self._clock()
        known = self._counted.get((peer, listener, reason)) or TurnedAway(
            peer=peer, listener=listener, reason=reason, detail="", count=0, first_at=now, last_at=now
        )
        self._counted[peer, listener, reason] = replace(
            known, detail=detail, count=known.count + 1, last_at=now
        )
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TELL_EVERY_S, self.tell)

    def tell(self) -> None:
        """Tell what has come together, now."""
        if self._timer:
            self._timer.cancel()
            self._timer = None
        counted, self._counted = list(self._counted.values()), {}
        if counted:
            self._tell(counted)
