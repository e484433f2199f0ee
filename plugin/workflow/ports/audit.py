"""Who did what, when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class AuditTrail(Protocol):
    """Append-only, hash-chained."""

    def append(self, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str]) -> None:
        """`detail` carries identifiers and reasons, never names or report text."""
        ...
