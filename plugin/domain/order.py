"""A requisition: what the clinician asked for (申请单)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from plugin.domain.patient import Patient


class PatientClass(StrEnum):
    """PV1-2 reduced to what sampling and time limits need."""

    OUTPATIENT = "outpatient"
    INPATIENT = "inpatient"
    EMERGENCY = "emergency"
    CHECKUP = "checkup"
    UNKNOWN = "unknown"


class OrderStatus(StrEnum):
    """Where an order stands after ORC-1 and ORC-5."""

    UNSAID = ""
    """The message says nothing of it: an order that is known stays where it stood."""
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagingOrder:
    """One ordered examination.

    Times are kept as sent; `history` holds 病史 and `purpose` 检查目的.
    """

    patient: Patient = field(default_factory=Patient)
    placer_order_number: str = ""
    filler_order_number: str = ""
    accession_number: str = ""
    study_instance_uid: str = ""
    modality: str = ""
    exam_item: str = ""
    exam_item_code: str = ""
    clinical_diagnosis: str = ""
    history: str = ""
    purpose: str = ""
    patient_class: PatientClass = PatientClass.UNKNOWN
    department: str = ""
    ward: str = ""
    bed: str = ""
    inpatient_number: str = ""
    outpatient_number: str = ""
    ordering_provider: str = ""
    technician: str = ""
    ordered_at: str = ""
    status: OrderStatus = OrderStatus.SCHEDULED
