"""Stand-ins for what a test must foresee: identifiers and time."""

from __future__ import annotations

from itertools import count


class CountingMinter:
    """Identifiers in order: ``id-1``, ``2.25.2``, ``secret-3`` …"""

    def __init__(self) -> None:
        self._numbers = count(1)

    def id(self) -> str:
        return f"id-{next(self._numbers)}"

    def uid(self) -> str:
        return f"2.25.{next(self._numbers)}"

    def secret(self) -> str:
        return f"secret-{next(self._numbers)}"
