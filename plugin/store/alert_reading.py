"""Alerts with what stands around them: for lists, the register, statistics, and the banner."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from plugin.domain.critical import NOBODY_LEFT, OPEN_ALERT_STATES, Alert
from plugin.domain.listing import AlertCase, AlertRow
from plugin.domain.patient import Patient
from plugin.store.codec import to_us
from plugin.store.link import Prepared, given
from plugin.store.tables.alerts import alerts
from plugin.store.unit_of_work import SqlUnitOfWork

a = alerts.c

_DETECTED = Prepared(
    select(a.alert_id)
    .where(a.detected_at >= given("since"), a.detected_at < given("until"))
    .order_by(a.detected_at, a.alert_id)
)
_STANDING = Prepared(
    select(a.alert_id)
    .where(
        or_(*(a.state == state.value for state in sorted(OPEN_ALERT_STATES))),
        a.escalation_level >= NOBODY_LEFT,
    )
    .order_by(a.detected_at, a.alert_id)
)


def alert_cases(
    uow: SqlUnitOfWork, since: datetime, until: datetime, department: str = ""
) -> list[AlertCase]:
    """Alerts detected in this time, with their trails; `department` empty: all."""
    between = {"since": to_us(since), "until": to_us(until)}
    cases = [_case(uow, row[0]) for row in uow.link.rows(_DETECTED, between)]
    return [case for case in cases if department in {"", case.row.department, case.row.ward}]


def standing_alerts(uow: SqlUnitOfWork) -> list[Alert]:
    """Alerts that have climbed past everybody and are still open."""
    found = (uow.alerts.get(row[0]) for row in uow.link.rows(_STANDING, {}))
    return [alert for alert in found if alert is not None]


def alert_row(uow: SqlUnitOfWork, alert: Alert) -> AlertRow:
    report, known = uow.reports.latest(alert.accession_number), uow.exams.order(alert.accession_number)
    order = known[0] if known else None
    patient = report.patient if report else order.patient if order else Patient()
    return AlertRow(
        alert=alert,
        patient_id=patient.patient_id,
        patient_name=patient.name,
        sex=patient.sex,
        age=patient.age,
        department=(order.department if order else "") or (report.department if report else ""),
        ward=(order.ward if order else "") or (report.ward if report else ""),
        bed=(order.bed if order else "") or (report.bed if report else ""),
        modality=(report.exam.modality if report else "") or (order.modality if order else ""),
        exam_item=(report.exam.exam_item if report else "") or (order.exam_item if order else ""),
    )


def _case(uow: SqlUnitOfWork, alert_id: str) -> AlertCase:
    alert = uow.alerts.get(alert_id)
    if alert is None:
        raise LookupError("a listed alert has vanished within one snapshot")
    row = alert_row(uow, alert)
    report, known = uow.reports.latest(alert.accession_number), uow.exams.order(alert.accession_number)
    order = known[0] if known else None
    numbers = [report.inpatient_number, report.outpatient_number] if report else []
    numbers += [order.inpatient_number, order.outpatient_number] if order else []
    return AlertCase(
        row=row,
        trail=tuple(uow.alerts.trail(alert_id)),
        performed_at=report.exam.performed_at if report else "",
        record_number=next((number for number in numbers if number), row.patient_id),
        reporter=(report.verifier or report.author) if report else "",
    )
