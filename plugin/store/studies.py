"""Orders, reports and images of a period side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, func, select

from plugin.domain.data_quality import ImageArrival, WireStudy
from plugin.domain.order import ImagingOrder, OrderStatus
from plugin.domain.report import Report, ReportStatus
from plugin.store.codec import from_json, from_us
from plugin.store.link import Link, Prepared, given
from plugin.store.tables.exams import exams, orders
from plugin.store.tables.recognition import image_arrivals
from plugin.store.tables.reports import issues, reports

e, o, r, a, i = exams.c, orders.c, reports.c, image_arrivals.c, issues.c

_versions = reports.alias("versions")
_FIRST_REPORTED = (
    select(func.min(_versions.c.report_key))
    .where(
        _versions.c.accession_number == e.accession_number,
        _versions.c.status.in_((ReportStatus.FINAL.value, ReportStatus.CORRECTED.value)),
        _versions.c.report_key != "",
    )
    .correlate(exams)
    .scalar_subquery()
)
_IN_PERIOD = and_(
    e.performed_key >= given("since"),
    e.performed_key < given("until"),
    e.order_status != OrderStatus.CANCELLED.value,
    e.report_status != ReportStatus.CANCELLED.value,
)
_PERFORMED = Prepared(
    select(
        e.accession_number, o.body, o.delivered, r.body, _FIRST_REPORTED,
        a.acquired_at, a.first_at, a.last_at, a.patient_id, a.other_patient_id, a.modality, a.other_modality,
    )
    .select_from(
        exams.outerjoin(orders, o.id == e.order_id)
        .outerjoin(reports, r.id == e.report_id)
        .outerjoin(image_arrivals, a.accession_number == e.accession_number)
    )
    .where(_IN_PERIOD)
    .order_by(e.performed_key, e.accession_number)
)  # fmt: skip
_RULES = Prepared(
    select(e.accession_number, i.rule)
    .distinct()
    .select_from(exams.join(issues, i.report_id == e.report_id))
    .where(_IN_PERIOD)
)


class SqlStudies:
    """Implements ``StudyRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def performed(self, since: str, until: str) -> Sequence[WireStudy]:
        asked = {"since": since, "until": until}
        rules: dict[str, set[str]] = defaultdict(set)
        for accession_number, rule in self._link.rows(_RULES, asked):
            rules[accession_number].add(rule)
        return [_study(row, frozenset(rules.get(row[0], ()))) for row in self._link.rows(_PERFORMED, asked)]


def _study(row: tuple[Any, ...], rules: frozenset[str]) -> WireStudy:
    accession_number, order, delivered, report, first_reported, *arrival = row
    acquired_at, first_at, last_at, patient_id, other_patient_id, modality, other_modality = arrival
    images = (
        ImageArrival(
            acquired_at=acquired_at,
            first_at=from_us(first_at),
            last_at=from_us(last_at),
            patient_id=patient_id,
            other_patient_id=other_patient_id,
            modality=modality,
            other_modality=other_modality,
        )
        if first_at is not None
        else None
    )
    return WireStudy(
        accession_number=accession_number,
        order=from_json(ImagingOrder, order) if order else None,
        order_delivered=from_json(frozenset[str], delivered) if delivered else frozenset(),
        report=from_json(Report, report) if report else None,
        first_reported=first_reported or "",
        images=images,
        rules=rules,
    )
