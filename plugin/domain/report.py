"""The RIS's text about one examination, as it was sent, and what it is checked against.

A field left empty and a field that the sender never delivers are two things: the
first is a defect (seed 000, table A.1), the second is not known and no rule may fire
on it.  `delivered` names the fields that the sender delivers at all.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from plugin.domain.patient import Patient


class ReportStatus(StrEnum):
    """OBR-25, HL7 table 0123, as far as a report can have it."""

    PRELIMINARY = "P"
    FINAL = "F"
    CORRECTED = "C"
    CANCELLED = "X"


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """What was done.  Times are kept as sent (ISO or as printed), so that a missing hour stays visible."""

    accession_number: str = ""
    study_instance_uid: str = ""
    modality: str = ""
    exam_item: str = ""
    exam_item_code: str = ""
    body_part: str = ""
    performed_at: str = ""
    technique: str = ""
    technician: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One version of a report.

    Parameters
    ----------
    findings, impression
        影像描述 and 诊断结论, exactly as sent; offsets of issues count their characters.
    signature
        ``electronic``, ``handwritten``, ``none`` or empty.
    reported_at_source
        ``ris`` when the RIS's own clock wrote the time (seed 000 基本要求), ``manual``, or empty.
    abnormal_flags
        OBX-8 values of the report's observations, in order, without empties.
    delivered
        Dotted names (``patient.age``, ``exam.technique``, ``report.verifier``,
        ``findings`` …) that the sender delivers at all, empty or not.
    """

    patient: Patient = field(default_factory=Patient)
    exam: Exam = field(default_factory=Exam)
    findings: str = ""
    impression: str = ""
    department: str = ""
    clinical_diagnosis: str = ""
    author: str = ""
    author_id: str = ""
    verifier: str = ""
    verifier_id: str = ""
    modified_by: str = ""
    signature: str = ""
    reported_at: str = ""
    reported_at_source: str = ""
    inpatient_number: str = ""
    outpatient_number: str = ""
    ward: str = ""
    bed: str = ""
    image_number: str = ""
    status: ReportStatus = ReportStatus.FINAL
    abnormal_flags: tuple[str, ...] = ()
    delivered: frozenset[str] = frozenset()

    @property
    def text_digest(self) -> str:
        """SHA-256 (hex) of the three sections: two reports with the same digest read the same."""
        body = "\x1e".join((self.exam.technique, self.findings, self.impression))
        return hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
