"""DB50 7.1 from what came over the wire: every examination of a period as the rules see it, figures and alarms."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Protocol, TypeVar

from plugin.domain.data_quality import DataAlarm, Figure, Kind, StudyRecord, WireStudy
from plugin.domain.errors import StoreUnavailable
from plugin.domain.fault import Fault
from plugin.domain.order import ImagingOrder, PatientClass
from plugin.domain.report import Report, ReportStatus
from plugin.rules.data_quality.figures import DataQualityRules, figures, near_break
from plugin.rules.data_quality.times import falling_silent, moment, running_out
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

T = TypeVar("T")

LOOK_BACK = timedelta(days=3)
"""Alarms concern examinations whose longest limit (48 h) may still run."""
ASK_EVERY = timedelta(minutes=1)
_KEY = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class DataView:
    """What a page shows of a period."""

    studies: int
    figures: tuple[Figure, ...]
    alarms: tuple[DataAlarm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureData:
    """Figures and alarms for the page, the command and the banner."""

    rules: DataQualityRules
    around: Surroundings

    def view(self, uow: UnitOfWork, since: datetime, until: datetime) -> DataView:
        """Figures of the examinations from `since` to before `until`, and what is about to go wrong now."""
        now = self.around.clock()
        records = self.records(uow, since, until)
        found = figures(self.rules, records, min(now, until))
        return DataView(
            studies=len(records),
            figures=found,
            alarms=(*self.alarms(uow), *near_break(self.rules, found)),
        )

    def alarms(self, uow: UnitOfWork) -> tuple[DataAlarm, ...]:
        """Limits of time that will be broken unless somebody acts."""
        now = self.around.clock()
        recent = self.records(uow, now - LOOK_BACK, now + timedelta(minutes=1))
        return (
            *running_out(self.rules.timeliness, recent, now),
            *falling_silent(self.rules.continuity, recent, now),
        )

    def records(self, uow: UnitOfWork, since: datetime, until: datetime) -> list[StudyRecord]:
        """Every examination of the period."""
        zone = self.around.zone
        from_key, to_key = (f"{at.astimezone(zone):{_KEY}}" for at in (since, until))
        return [self._record(each) for each in uow.studies.performed(from_key, to_key)]

    def _record(self, study: WireStudy) -> StudyRecord:
        report, order, images, zone = study.report, study.order, study.images, self.around.zone
        performed = moment(report.exam.performed_at, zone) if report else None
        if performed is None and images:
            performed = moment(images.acquired_at, zone)
        item = (report.exam.exam_item if report else "") or (order.exam_item if order else "")
        reported = report is not None and report.status in (ReportStatus.FINAL, ReportStatus.CORRECTED)
        return StudyRecord(
            accession_number=study.accession_number,
            modality=(report.exam.modality if report else "") or (order.modality if order else ""),
            kind=self._kind(order, item),
            fields=dict(_fields(study)),
            performed_at=performed,
            reported_at=_minutes_said(study.first_reported, zone) if reported else None,
            reported=reported,
            uploaded_at=images.last_at if images else None,
            contradictions=tuple(
                text for rule, text in self.rules.consistency.rules.items() if rule in study.rules
            ),
        )

    def _kind(self, order: ImagingOrder | None, item: str) -> Kind:
        if order is not None and order.patient_class is PatientClass.EMERGENCY:
            return "emergency"
        return "special" if any(word in item for word in self.rules.timeliness.special_words) else "routine"


def _minutes_said(key: str, zone: tzinfo) -> datetime | None:
    """A report's time; midnight to the second is a day without a time of its own."""
    return moment(key, zone) if key and not key.endswith("000000") else None


def _fields(study: WireStudy) -> Iterator[tuple[str, str]]:
    """Names of ``data_quality.toml`` with what the wire said; what no sender delivers is left out."""
    report, order, images = study.report, study.order, study.images
    if order is not None:
        yield from _of_order(order, study.order_delivered)
    if report is not None:
        yield from _of_report(report)
    if images is not None:
        for name, one, other in (
            ("image.patient_id", images.patient_id, images.other_patient_id),
            ("image.modality", images.modality, images.other_modality),
        ):
            yield name, "、".join(each for each in (one, other) if each)


def _of_order(order: ImagingOrder, delivered: frozenset[str]) -> Iterator[tuple[str, str]]:
    patient = order.patient
    yield from (
        (f"order.{name}", str(getattr(order, name)))
        for name in ("clinical_diagnosis", "history", "purpose", "exam_item", "modality")
        if name in delivered
    )
    if "patient.patient_id" in delivered:
        yield "order.patient_id", patient.patient_id
    if "patient.name" in delivered:
        yield "order.patient_name", patient.name


def _of_report(report: Report) -> Iterator[tuple[str, str]]:
    parts: Mapping[str, object] = {"patient": report.patient, "exam": report.exam, "report": report}
    for dotted in sorted(report.delivered):
        part, _, name = dotted.partition(".")
        owner = parts.get(part)
        if owner is not None and name and isinstance(value := getattr(owner, name, None), str):
            yield dotted, value
        elif dotted in ("findings", "impression"):
            yield f"report.{dotted}", str(getattr(report, dotted))
    yield "exam.accession_number", report.exam.accession_number
    yield "report.status", report.status.value
    if report.abnormal_flags:
        yield "report.abnormal_flag", report.abnormal_flags[0]


class Reader(Protocol):
    """``store.read``."""

    def __call__(self, query: Callable[[UnitOfWork], T]) -> T: ...


@dataclass(slots=True, kw_only=True)
class WatchData:
    """What every page says of limits that are about to be broken; asked at most once a minute.

    No examination is named: administrators see the banner as well.
    """

    measure: MeasureData
    read: Reader
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked_at: datetime | None = None
    _found: tuple[str | Fault, ...] = ()

    def faults(self) -> tuple[str | Fault, ...]:
        """One line a kind of limit."""
        with self._lock:
            now = self.measure.around.clock()
            if self._asked_at is None or not timedelta() <= now - self._asked_at < ASK_EVERY:
                self._found, self._asked_at = self._look(), now
            return self._found

    def _look(self) -> tuple[str | Fault, ...]:
        try:
            alarms = self.read(self.measure.alarms)
        except StoreUnavailable:
            return ()
        counts = {kind: sum(each.kind == kind for each in alarms) for kind in ("report", "upload")}
        lines: list[str | Fault] = [each.text for each in alarms if each.kind == "pause"]
        if counts["report"]:
            lines.append(Fault("reports_late", {"count": counts["report"]}))
        if counts["upload"]:
            lines.append(Fault("images_late", {"count": counts["upload"]}))
        return tuple(lines)
