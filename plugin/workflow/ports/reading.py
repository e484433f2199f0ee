"""What pages and the read API ask of the store: lists, newest first, a page at a time.

A page never changes anything, so it needs no unit of work; whoever keeps the tables
answers these questions as it can do best.  Times are UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.archive import EVERY_MESSAGE, ArchivedMessage, MessageFilter
from plugin.domain.critical import Alert
from plugin.domain.delivery import Job
from plugin.domain.gate import Gate, GateState
from plugin.domain.listing import (
    AlertCase,
    AlertRow,
    AuditRow,
    ExamRow,
    Listing,
    Page,
    ReportVersion,
    ScoredRow,
    StructuredCase,
    StructuredShare,
)
from plugin.domain.people import Account
from plugin.domain.recognition import Label
from plugin.domain.scoring import ScoreSheet


class Reading(Protocol):
    """Lists for pages."""

    def exams(self, text: str, page: Page) -> Listing[ExamRow]:
        """Examinations whose accession number or patient ID is `text`, or whose patient is called so; all when empty."""
        ...

    def versions(self, accession_number: str) -> Sequence[ReportVersion]:
        """Every version of a report, newest first."""
        ...

    def gates(self, page: Page, *, state: GateState | None = None, signer_id: str = "") -> Listing[Gate]: ...

    def owed(self, signer_id: str) -> Sequence[Gate]:
        """Gates of a signer that are held or whose form is owed, newest first."""
        ...

    def alerts(self, page: Page, *, open_only: bool = False, department: str = "") -> Listing[AlertRow]: ...

    def alert_row(self, alert: Alert) -> AlertRow:
        """The alert with whose it is and where the patient lies."""
        ...

    def alert_cases(self, since: datetime, until: datetime, department: str = "") -> Sequence[AlertCase]:
        """Alerts detected in this time, oldest first, each with its trail, for register and statistics."""
        ...

    def standing_alerts(self) -> Sequence[Alert]:
        """Alerts that nobody is left to tell of, oldest first: they stand on every screen."""
        ...

    def messages(self, page: Page, asked: MessageFilter = EVERY_MESSAGE) -> Listing[ArchivedMessage]:
        """Messages of the archive, received and sent."""
        ...

    def sheets(self, page: Page) -> Listing[ScoreSheet]: ...

    def labels(self, page: Page) -> Listing[Label]: ...

    def jobs_of(self, accession_number: str) -> Sequence[Job]:
        """Jobs that an examination asked for."""
        ...

    def audit(self, page: Page, *, about: str = "", who: str = "") -> Listing[AuditRow]:
        """The trail, the newest first: about one subject or patient, by one person, or all of it."""
        ...

    def accounts(self) -> Sequence[Account]: ...

    def scored(self, since: datetime, until: datetime) -> Sequence[ScoredRow]:
        """Sheets filled in this time, for the standard's tables."""
        ...

    def structured(self, since: datetime, until: datetime) -> Sequence[StructuredShare]:
        """How many of the reports kept in this time are structured, by department and modality."""
        ...

    def structured_cases(
        self, since: datetime, until: datetime, department: str, modality: str
    ) -> Sequence[StructuredCase]:
        """Reports behind such a share, structured ones first, then newest first."""
        ...
