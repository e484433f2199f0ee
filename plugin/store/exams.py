"""Orders, and one row an examination that says what stands of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select

from plugin.domain.case import PriorExam
from plugin.domain.order import ImagingOrder, OrderStatus
from plugin.domain.report import Report, ReportStatus
from plugin.store.codec import from_json, sort_key, to_json
from plugin.store.link import Link, Numbered, Prepared, given, offered, upsert
from plugin.store.tables.exams import exams, orders
from plugin.store.tables.reports import reports

o, e, r = orders.c, exams.c, reports.c


def _unless_empty(name: str) -> ColumnElement[Any]:
    """A message that does not name a field does not take away what another has said of it."""
    return func.coalesce(func.nullif(offered(exams, name), ""), e[name])


_SAID_BY_BOTH: Final = (
    "patient_id", "assigning_authority", "patient_name", "study_instance_uid", "modality", "exam_item", "department",
)  # fmt: skip

_ADD_ORDER = Numbered(orders)
_STANDING_ORDER = Prepared(
    upsert(
        exams,
        {name: _unless_empty(name) for name in _SAID_BY_BOTH}
        | {name: offered(exams, name) for name in ("patient_class", "order_status", "order_id")},
    )
)
_STANDING_REPORT = Prepared(
    upsert(
        exams,
        {name: _unless_empty(name) for name in (*_SAID_BY_BOTH, "performed_at", "performed_key")}
        | {name: offered(exams, name) for name in ("report_status", "report_key", "report_id")},
    )
)
_ORDER = Prepared(
    select(o.body, o.delivered)
    .where(o.accession_number == given("of_accession"))
    .order_by(o.id.desc())
    .limit(1)
)
_BY_NUMBERS = Prepared(
    select(o.body)
    .where(
        or_(
            (o.filler_order_number == given("of_filler")) & (given("of_filler") != ""),
            (o.placer_order_number == given("of_placer")) & (given("of_placer") != ""),
        )
    )
    .order_by((o.filler_order_number == given("of_filler")).desc(), o.id.desc())
    .limit(1)
)
_MOST_UNDER_A_NUMBER: Final = 50
_UNDER_NUMBERS = Prepared(
    select(o.body, o.delivered, o.filler_order_number)
    .select_from(orders.join(exams, e.order_id == o.id))
    .where(
        or_(
            (o.filler_order_number == given("of_filler")) & (given("of_filler") != ""),
            (o.placer_order_number == given("of_placer")) & (given("of_placer") != ""),
        )
    )
    .order_by(o.id.desc())
    .limit(_MOST_UNDER_A_NUMBER)
)
_PRIORS = Prepared(
    select(e.accession_number, e.performed_at, e.modality, e.exam_item, r.body)
    .select_from(exams.outerjoin(reports, r.id == e.report_id))
    .where(
        e.patient_id == given("of_patient"),
        e.assigning_authority == given("of_authority"),
        e.accession_number != given("but_accession"),
        or_(given("before") == "", e.performed_key < given("before")),
        or_(
            e.report_id.is_not(None) & (e.report_status != ReportStatus.CANCELLED.value),
            e.report_id.is_(None) & (e.order_status == OrderStatus.COMPLETED.value),
        ),
    )
    .order_by(e.performed_key.desc(), e.report_id.desc())
    .limit(given("at_most"))
)


class SqlExams:
    """Implements ``ExamRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def save_order(self, order: ImagingOrder, delivered: frozenset[str], message_id: int | None) -> None:
        number = self._link.add(
            _ADD_ORDER,
            {
                "accession_number": order.accession_number,
                "placer_order_number": order.placer_order_number,
                "filler_order_number": order.filler_order_number,
                "body": to_json(order),
                "delivered": to_json(delivered),
                "message_id": message_id,
            },
        )
        if not order.accession_number:
            return
        self._link.put(
            _STANDING_ORDER,
            {
                "accession_number": order.accession_number,
                "patient_id": order.patient.patient_id,
                "assigning_authority": order.patient.assigning_authority,
                "patient_name": order.patient.name,
                "study_instance_uid": order.study_instance_uid,
                "modality": order.modality,
                "exam_item": order.exam_item,
                "department": order.department,
                "patient_class": order.patient_class.value,
                "order_status": order.status.value,
                "order_id": number,
                "performed_at": "",
                "performed_key": sort_key(order.ordered_at),
                "report_id": None,
                "report_status": "",
                "report_key": "",
            },
        )

    def order(self, accession_number: str) -> tuple[ImagingOrder, frozenset[str]] | None:
        row = self._link.row(_ORDER, {"of_accession": accession_number}) if accession_number else None
        return None if row is None else (from_json(ImagingOrder, row[0]), from_json(frozenset[str], row[1]))

    def find_order(self, placer_order_number: str, filler_order_number: str) -> ImagingOrder | None:
        if not placer_order_number and not filler_order_number:
            return None
        numbers = {"of_filler": filler_order_number, "of_placer": placer_order_number}
        row = self._link.row(_BY_NUMBERS, numbers)
        return None if row is None else from_json(ImagingOrder, row[0])

    def orders_under(
        self, placer_order_number: str, filler_order_number: str
    ) -> Sequence[tuple[ImagingOrder, frozenset[str]]]:
        if not placer_order_number and not filler_order_number:
            return []
        numbers = {"of_filler": filler_order_number, "of_placer": placer_order_number}
        found = self._link.rows(_UNDER_NUMBERS, numbers)
        of_filler = [row for row in found if filler_order_number and row[2] == filler_order_number]
        return [
            (from_json(ImagingOrder, row[0]), from_json(frozenset[str], row[1])) for row in of_filler or found
        ]

    def priors(self, report: Report, limit: int = 20) -> Sequence[PriorExam]:
        if not report.patient.patient_id:
            return []
        found = self._link.rows(
            _PRIORS,
            {
                "of_patient": report.patient.patient_id,
                "of_authority": report.patient.assigning_authority,
                "but_accession": report.exam.accession_number,
                "before": performed_key(report),
                "at_most": limit,
            },
        )
        return [_prior(*row) for row in found]


def keep_standing_report(link: Link, report: Report, report_id: int, report_key: str) -> None:
    """Let the examination's row say that this version stands."""
    link.put(
        _STANDING_REPORT,
        {
            "accession_number": report.exam.accession_number,
            "patient_id": report.patient.patient_id,
            "assigning_authority": report.patient.assigning_authority,
            "patient_name": report.patient.name,
            "study_instance_uid": report.exam.study_instance_uid,
            "modality": report.exam.modality,
            "exam_item": report.exam.exam_item,
            "department": report.department,
            "patient_class": "",
            "order_status": "",
            "order_id": None,
            "performed_at": report.exam.performed_at,
            "performed_key": performed_key(report),
            "report_id": report_id,
            "report_status": report.status.value,
            "report_key": report_key,
        },
    )


def performed_key(report: Report) -> str:
    """By what examinations are put in order of time; the report's own time stands in for a missing one."""
    return sort_key(report.exam.performed_at) or sort_key(report.reported_at)


def _prior(accession: str, performed_at: str, modality: str, exam_item: str, body: str | None) -> PriorExam:
    report = from_json(Report, body) if body else Report()
    return PriorExam(
        performed_at=performed_at or report.reported_at,
        modality=modality,
        exam_item=exam_item,
        findings=report.findings,
        impression=report.impression,
        accession_number=accession,
    )
