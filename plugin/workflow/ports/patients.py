"""What is known of patients beyond their examinations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.patient import MergeRecord, Patient, PatientMerge


class PatientRepository(Protocol):
    """What is known of patients beyond their examinations."""

    def rename(self, patient: Patient) -> int:
        """Show under this name what came under this identifier, filed there still or merged; return how many."""
        ...

    def has_exams(self, patient: Patient) -> bool:
        """Whether any examination is filed under this identifier."""
        ...

    def merge(self, merge: PatientMerge, message_id: int | None, at: datetime) -> int:
        """Move the prior patient's examinations to whoever the surviving one is now; return the merge's number.

        One that stands and is asked for again is the same merge.
        """
        ...

    def standing(self, merge_id: int) -> PatientMerge | None:
        """Who was merged into whom, where that merge still stands."""
        ...

    def undo_merge(self, merge_id: int, at: datetime) -> int:
        """Move back what a merge moved and is still where it was moved to; return how many.

        Raises
        ------
        InvalidInput
            When there is no such merge, it was undone already, or a later one has moved its
            examinations on.
        """
        ...

    def merges(self, limit: int, message_id: int | None = None) -> Sequence[MergeRecord]:
        """Merges that stand, or all that one message asked for, newest first."""
        ...

    def surviving(self, patient: Patient) -> Patient:
        """Who the patient is now: the same, or whom a merge that stands made of this identifier."""
        ...

    def follow_merge(self, patient: Patient, accession_number: str) -> None:
        """File an examination that came under a merged identifier under the surviving one, undoably."""
        ...
