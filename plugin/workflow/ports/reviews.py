"""Sessions, readings, objections and corrections: the modes beside the random draw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.listing import ExamRow
from plugin.domain.report import Report
from plugin.domain.review import Assignment, Correction, CorrectionState, ExamFilter, Objection, ReviewSession
from plugin.domain.scoring import ScoreSheet


class ReviewRepository(Protocol):
    """Sessions, readings, objections and corrections."""

    def add_session(self, session: ReviewSession) -> None: ...

    def session(self, session_id: str) -> ReviewSession | None: ...

    def sessions(self, limit: int = 50) -> Sequence[ReviewSession]:
        """Newest first."""
        ...

    def save(self, assignment: Assignment) -> None:
        """Keep a reading, new or done."""
        ...

    def by_gate(self, gate_id: str) -> Assignment | None: ...

    def round(self, round_id: str) -> Sequence[Assignment]:
        """Readings that are settled together, by seat."""
        ...

    def of_session(self, session_id: str) -> Sequence[Assignment]:
        """Oldest first."""
        ...

    def of_exam(self, accession_number: str) -> Sequence[Assignment]:
        """Newest first."""
        ...

    def open_of(self, reader_id: str) -> Sequence[Assignment]:
        """Readings that this person has still to file, oldest first."""
        ...

    def load(self, reader_id: str, since: datetime) -> int:
        """Readings that this person was assigned since then."""
        ...

    def adjudicated(self, since: datetime, until: datetime) -> Sequence[Assignment]:
        """Readings of double reading and objections assigned in this time, oldest first."""
        ...

    def find_exams(self, wanted: ExamFilter) -> Sequence[ExamRow]:
        """Reported examinations, newest first."""
        ...

    def reported(self, since: datetime, until: datetime) -> Sequence[Report]:
        """Reports that stand and arrived in this time."""
        ...

    def reported_numbers(self, since: datetime, until: datetime) -> Sequence[str]:
        """Accession numbers of the same, oldest first: of years of them, when each is looked at by itself."""
        ...

    def sheets_about(self, person_id: str, name: str, limit: int = 100) -> Sequence[ScoreSheet]:
        """Sheets of this person's work, newest first; by name only where the sender gave no identifier."""
        ...

    def add_objection(self, objection: Objection) -> None: ...

    def objection(self, sheet_id: str) -> Objection | None: ...

    def objection_of_round(self, round_id: str) -> Objection | None: ...

    def settle_objection(self, objection: Objection) -> None: ...

    def save_correction(self, correction: Correction) -> None: ...

    def correction(self, correction_id: str) -> Correction | None: ...

    def correction_of(self, sheet_id: str) -> Correction | None: ...

    def corrections(self, *states: CorrectionState) -> Sequence[Correction]:
        """Those in these states (all when none is named), the most urgent first."""
        ...
