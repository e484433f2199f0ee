"""What a delivery reads before it sends, and writes when it has sent; the store fulfils it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from plugin.domain.critical import Alert
from plugin.domain.delivery import NewJob
from plugin.domain.document import Announcement, SentDocument
from plugin.domain.gate import Gate
from plugin.domain.order import ImagingOrder
from plugin.domain.recognition import Label
from plugin.domain.report import Report
from plugin.domain.scoring import ScoreSheet

T = TypeVar("T")


class Exams(Protocol):
    def order(self, accession_number: str) -> tuple[ImagingOrder, frozenset[str]] | None: ...


class Reports(Protocol):
    def latest(self, accession_number: str) -> Report | None: ...


class Sheets(Protocol):
    def get(self, sheet_id: str) -> ScoreSheet | None: ...

    def by_sop_instance_uid(self, uid: str) -> Sequence[ScoreSheet]: ...

    def mark_in_pacs(self, sheet_id: str, state: str, at: datetime) -> None: ...

    def in_pacs(self, sheet_id: str) -> str: ...


class Documents(Protocol):
    def get(self, sop_instance_uid: str) -> SentDocument | None: ...

    def mark(self, document: SentDocument) -> None: ...

    def announced(self, study_instance_uid: str) -> Announcement | None: ...


class Audit(Protocol):
    def append(
        self, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, str]
    ) -> None: ...


class Labels(Protocol):
    def get(self, label_id: str) -> Label | None: ...

    def for_exam(self, accession_number: str) -> Sequence[Label]: ...

    def mark_in_pacs(self, label_id: str, state: str, at: datetime) -> None: ...


class Gates(Protocol):
    def get(self, gate_id: str) -> Gate | None: ...


class Alerts(Protocol):
    def get(self, alert_id: str) -> Alert | None: ...


class Outbox(Protocol):
    def enqueue(self, job: NewJob) -> None: ...


class Unit(Protocol):
    """The part of a unit of work that deliveries use."""

    @property
    def exams(self) -> Exams: ...
    @property
    def reports(self) -> Reports: ...
    @property
    def sheets(self) -> Sheets: ...
    @property
    def documents(self) -> Documents: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def labels(self) -> Labels: ...
    @property
    def gates(self) -> Gates: ...
    @property
    def alerts(self) -> Alerts: ...
    @property
    def outbox(self) -> Outbox: ...


class Reader(Protocol):
    """``store.read``."""

    def __call__(self, query: Callable[[Any], T]) -> T: ...


Effect = Callable[[Any], None]
"""What is committed together with the job's completion."""
