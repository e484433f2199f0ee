"""The report as the sign event carries it: JSON of check-reports (docs/integration.md)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plugin.demo.cases import DemoCase


def report_json(
    case: DemoCase,
    findings: str,
    impression: str,
    *,
    status: str,
    reported_at: datetime,
    study_instance_uid: str,
) -> dict[str, Any]:
    """The report as ``check-reports`` reads it; see docs/integration.md."""
    person, order = case.file.patient, case.file.order
    draft = case.file.report
    record = {
        "department": order.department,
        "clinical_diagnosis": order.clinical_diagnosis,
        "author": draft.author,
        "author_id": draft.author_id,
        "verifier": draft.verifier,
        "verifier_id": draft.verifier_id,
        "signature": "electronic",
        "reported_at": _printed(reported_at),
        "reported_at_source": "ris",
        "status": status,
    }
    for key in ("inpatient_number", "outpatient_number", "ward", "bed"):
        if value := getattr(order, key):
            record[key] = value
    return {
        "patient": {
            "patient_id": person.patient_id,
            "assigning_authority": "HIS",
            "name": person.name,
            "sex": person.sex,
            "age": person.age,
            "birth_date": person.birth_date,
        },
        "exam": {
            "accession_number": case.accession_number,
            "study_instance_uid": study_instance_uid,
            "modality": order.modality,
            "exam_item": order.exam_item,
            "performed_at": _printed(case.performed_at),
            "technique": case.file.exam.technique,
            "technician": case.file.exam.technician,
        },
        "report": record,
        "findings": findings,
        "impression": impression,
    }


def _printed(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")
