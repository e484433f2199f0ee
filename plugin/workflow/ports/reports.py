"""Versions of reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.issue import Issue
from plugin.domain.report import Report


class ReportRepository(Protocol):
    """Versions of reports; a correction supersedes, it never overwrites."""

    def save(
        self,
        report: Report,
        issues: Sequence[Issue],
        *,
        source: str,
        at: datetime,
        rulebook: str,
        structured: bool = False,
    ) -> int:
        """Keep a version with the issues found in it; return its number.

        `source` is ``oru``, ``sign`` or ``api``.  A version whose text and status equal the
        newest one's replaces only the issues of our own rules.
        """
        ...

    def keep_analysis(self, accession_number: str, analyser: str, issues: Sequence[Issue]) -> None:
        """Give the version that stands these issues of an outside analyser, in place of its earlier ones."""
        ...

    def latest(self, accession_number: str) -> Report | None:
        """The version that stands: newest by report time, then by arrival."""
        ...

    def issues(self, accession_number: str) -> Sequence[Issue]:
        """Issues of the version that stands: our own, then those from outside as they came."""
        ...
