"""The roster as people fill it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from plugin.domain.duty import RosterSlot


class RosterKeeper(Protocol):
    """Shows the rows of the roster, and writes names and numbers into them."""

    def slots(self) -> tuple[str, Sequence[RosterSlot]]:
        """A word that changes when the roster does, and its rows in their order."""
        ...

    def fill(self, seen: str, answers: Mapping[int, tuple[str, str]]) -> None:
        """Write person and phone by the number of the row.

        Raises
        ------
        GateConflict
            The roster is no longer the one that was `seen`.
        InvalidInput
            A text does not fit, or the file cannot be written.
        """
        ...
