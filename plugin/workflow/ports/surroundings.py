"""What every journey is given: time, identifiers, and the hospital's calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Protocol

Clock = Callable[[], datetime]
"""Aware UTC now."""


class Minter(Protocol):
    """Makes identifiers; injected, so that a test can foresee them."""

    def id(self) -> str:
        """A new identifier, URL-safe, at least 122 random bits."""
        ...

    def uid(self) -> str:
        """A new DICOM UID under 2.25."""
        ...

    def secret(self) -> str:
        """A new URL-safe secret of 256 random bits."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What every journey is given: time, identifiers, and the hospital's calendar."""

    clock: Clock
    mint: Minter
    zone: tzinfo = UTC

    def today(self) -> date:
        """The date on the hospital's wall, by which validities are counted."""
        return self.clock().astimezone(self.zone).date()
