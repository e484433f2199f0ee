"""Notices to people of the department, one for each thing they are told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.person_notice import PersonNotice


class PersonNoticeRepository(Protocol):
    """Kept for the person's page and for channels."""

    def add(self, notice: PersonNotice) -> bool:
        """Keep it, unless the same person was told the same already; ``True`` when it is new."""
        ...

    def get(self, notice_id: str) -> PersonNotice | None: ...

    def save(self, notice: PersonNotice) -> None:
        """Keep when it was sent, by which means, and when it was seen; the rest never changes."""
        ...

    def of(self, person_id: str, name: str, limit: int = 100) -> Sequence[PersonNotice]:
        """Notices to a person, newest first; by name only those that name no identifier."""
        ...

    def unseen(self, person_id: str, name: str) -> int: ...

    def see_all(self, person_id: str, name: str, at: datetime) -> int:
        """The person has read what stands on the page; return how many were new."""
        ...
