"""Sheets about the department itself, and feedback among peers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.department_sheet import DepartmentSheet


class DepartmentSheetRepository(Protocol):
    """Kept for good; an amendment is a new sheet."""

    def add(self, sheet: DepartmentSheet) -> None: ...

    def get(self, sheet_id: str) -> DepartmentSheet | None: ...

    def replaced(self, form_id: str) -> frozenset[str]:
        """IDs of the form's sheets which others amend."""
        ...

    def of_form(
        self,
        form_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        holding: str = "",
        limit: int = 100,
    ) -> Sequence[DepartmentSheet]:
        """Newest first, amended ones too.

        Parameters
        ----------
        since, until
            When it was kept: from the first, before the second.
        holding
            A text that stands as a whole value in the sheet, of whichever field: the caller looks again.
        """
        ...
