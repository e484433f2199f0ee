"""Sheets about the department itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plugin.domain.department_sheet import DepartmentSheet


class DepartmentSheetRepository(Protocol):
    """Kept for good; an amendment is a new sheet."""

    def add(self, sheet: DepartmentSheet) -> None: ...

    def get(self, sheet_id: str) -> DepartmentSheet | None: ...

    def all(self, limit: int = 100) -> Sequence[DepartmentSheet]:
        """Newest first, amended ones too."""
        ...
