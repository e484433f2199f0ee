"""Connections that were refused before anything could be said on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plugin.domain.turned_away import TurnedAway


class TurnedAwayRepository(Protocol):
    """Who was not let in, how often, and why."""

    def add(self, told: Sequence[TurnedAway]) -> None:
        """Count these to those of the same peer, listener and reason."""
        ...

    def newest(self, limit: int) -> Sequence[TurnedAway]:
        """Those that were refused last, newest first."""
        ...
