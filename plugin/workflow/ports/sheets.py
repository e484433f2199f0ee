"""Filled forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.scoring import ScoreSheet


class SheetRepository(Protocol):
    """Filled forms."""

    def add(self, sheet: ScoreSheet) -> None: ...

    def get(self, sheet_id: str) -> ScoreSheet | None: ...

    def for_gate(self, gate_id: str) -> Sequence[ScoreSheet]: ...

    def by_sop_instance_uid(self, uid: str) -> Sequence[ScoreSheet]:
        """The sheets that one SR document carries."""
        ...

    def for_exam(self, accession_number: str) -> Sequence[ScoreSheet]:
        """All sheets, newest first, amended ones too."""
        ...

    def deduction_reasons(self, form_id: str, limit: int = 300) -> Sequence[tuple[str, str]]:
        """(criterion ID, reason) of the deductions on the newest `limit` sheets that lost points."""
        ...

    def mark_in_pacs(self, sheet_id: str, state: str, at: datetime) -> None:
        """``stored``, ``committed`` or ``failed``."""
        ...

    def in_pacs(self, sheet_id: str) -> str:
        """What :meth:`mark_in_pacs` said last; empty before."""
        ...
