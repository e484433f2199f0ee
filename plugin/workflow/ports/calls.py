"""Signed calls that were answered."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class SeenCalls(Protocol):
    """Signed calls that were answered: the same ID with the same body gets the same answer."""

    def find(self, caller: str, call_id: str) -> tuple[str, int, str] | None:
        """(body digest, HTTP status, body) of the first answer."""
        ...

    def add(self, caller: str, call_id: str, digest: str, status: int, answer: str, at: datetime) -> None: ...
