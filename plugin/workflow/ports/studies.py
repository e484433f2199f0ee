"""What is on record of the examinations of a period, for figures of the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plugin.domain.data_quality import WireStudy


class StudyRepository(Protocol):
    """Orders, reports and images side by side."""

    def performed(self, since: str, until: str) -> Sequence[WireStudy]:
        """Examinations performed (or ordered, before they are) from `since` to before `until`, oldest first.

        Both are ``YYYYMMDDHHMMSS`` by the hospital's clock.  Cancelled ones are left out.
        """
        ...
