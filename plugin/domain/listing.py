"""Rows of lists, as pages and the read API show them: newest first, a page at a time.  Times are UTC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from plugin.domain.critical import Alert, AlertStep
from plugin.domain.issue import Issue
from plugin.domain.report import Report
from plugin.domain.scoring import ScoreSheet

R = TypeVar("R", covariant=True)

MAX_PAGE = 200
"""No list is longer, whatever is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list: up to `limit` rows after `cursor`, which the page before gave."""

    limit: int = 50
    cursor: str = ""


@dataclass(frozen=True, slots=True)
class Listing(Generic[R]):
    """Rows, and the cursor of the next page; empty on the last one."""

    rows: Sequence[R]
    next_cursor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamRow:
    """An examination in a list; counts are of the report version that stands."""

    accession_number: str
    patient_id: str = ""
    patient_name: str = ""
    modality: str = ""
    exam_item: str = ""
    department: str = ""
    report_status: str = ""
    changed_at: datetime | None = None
    errors: int = 0
    warnings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportVersion:
    """One version of a report with what was found in it; `source` is ``oru``, ``sign`` or ``api``."""

    number: int
    report: Report
    issues: tuple[Issue, ...]
    source: str
    received_at: datetime
    rulebook: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """An alert with what a ward needs to find its patient."""

    alert: Alert
    patient_id: str = ""
    patient_name: str = ""
    sex: str = ""
    age: str = ""
    department: str = ""
    ward: str = ""
    bed: str = ""
    modality: str = ""
    exam_item: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCase:
    """An alert with its whole trail and what the register asks of its examination.

    Parameters
    ----------
    record_number
        病案号: the inpatient or outpatient number, else the patient's identifier.
    reporter
        Who verified, or else wrote, the report.
    """

    row: AlertRow
    trail: tuple[AlertStep, ...]
    performed_at: str = ""
    record_number: str = ""
    reporter: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit trail; `digest` chains it to the line before."""

    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, str]
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRow:
    """A score sheet that stands (not amended), with what the standard's tables group it by."""

    sheet: ScoreSheet
    modality: str
    exam_item: str
    missing_field: bool
    """The report version that stands lacks a field of 5.3 a."""
    inclusion: float | None = None
    """Probability with which the form was drawn; ``None`` for one that no draw asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredShare:
    """How many of the reports for a department by a modality were written in a structured form."""

    department: str
    modality: str
    structured: int
    reports: int

    @property
    def percent(self) -> float:
        return 100 * self.structured / self.reports


@dataclass(frozen=True, slots=True, kw_only=True)
class StructuredCase:
    """A report behind such a share."""

    accession_number: str
    exam_item: str
    structured: bool
    kept_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """A sender's traffic: messages received and refused in a time, and when it was heard last."""

    sender: str
    received: int
    refused: int
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueRow:
    """Jobs for one receiver, kind and name: those that are due or were tried in vain, and those that were given up."""

    peer: str
    waiting: int
    waiting_since: datetime | None
    parked: int = 0
