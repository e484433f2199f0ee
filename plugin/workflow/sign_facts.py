"""What a sampling rule may ask about a sign event (:mod:`plugin.rules.sampling_conditions`)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from plugin.domain.gate import SignEvent
from plugin.domain.issue import Issue, Severity
from plugin.domain.order import ImagingOrder, PatientClass
from plugin.domain.report import Report
from plugin.rules.rulebook import Inspection
from plugin.workflow.receive_report import department_of


def sign_facts(
    event: SignEvent, report: Report, order: ImagingOrder | None, inspection: Inspection, now: datetime
) -> dict[str, str]:
    """Condition to what holds of this event; `now` is the hospital's local time."""
    return {
        "action": event.action.value,
        "modality": report.exam.modality,
        "exam_item": report.exam.exam_item,
        "body_part": report.exam.body_part,
        "department": department_of(report, order),
        "patient_class": order.patient_class.value if order else PatientClass.UNKNOWN.value,
        "signer": event.signer.id,
        "role": event.signer.role,
        "time_of_day": f"{now:%H:%M}",
        "has_issue": _yes_no(_worth_a_look(inspection.issues)),
        "critical": _yes_no(inspection.critical),
    }


def _worth_a_look(issues: Sequence[Issue]) -> list[Issue]:
    return [issue for issue in issues if issue.severity is not Severity.INFO]


def _yes_no(things: Sequence[object]) -> str:
    return "yes" if things else "no"
