"""People of the department and who teaches whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.staff import StaffMember, Teaching


class StaffRepository(Protocol):
    """The staff table, and the teaching of residents."""

    def save(self, member: StaffMember) -> None: ...

    def get(self, staff_id: str) -> StaffMember | None: ...

    def all(self) -> Sequence[StaffMember]:
        """By identifier."""
        ...

    def remove(self, staff_id: str) -> bool: ...

    def save_teaching(self, teaching: Teaching) -> None: ...

    def teaching(self, teaching_id: str) -> Teaching | None: ...

    def teachings(self, since: datetime, until: datetime) -> Sequence[Teaching]:
        """By time."""
        ...
