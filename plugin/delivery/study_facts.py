"""What a document says of patient and study: as the archive has filed them, so that it is filed with them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from plugin.delivery.carriers import Carrier
from plugin.domain.document import Announcement
from plugin.domain.errors import DeliveryFailed
from plugin.domain.imaging import ArchivedStudy, SeriesEvidence
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.domain.report import Report
from plugin.pacs.evidence import archived_study, list_evidence
from plugin.sr.content import StudyContext

_STUDY_NAMESPACE = uuid.UUID("6f1f2f0a-54c5-5d1e-9a39-1d7f0f2a7c11")

COMPLETE_AFTER = timedelta(minutes=30)
"""So long a document waits for objects that were announced and are not there; then it goes without."""

PATIENT_DIFFERS = "patient_differs"
EVIDENCE_INCOMPLETE = "evidence_incomplete"


class Finds(Protocol):
    """An archive that can be asked for studies."""

    def find_studies(self, *, AccessionNumber: str) -> Sequence[Any]: ...  # noqa: N803  # DICOM's keyword


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """One examination's study or studies.

    Parameters
    ----------
    reported_patient_id
        What the report or the order says, where the archive says otherwise; else empty.
    notes
        What a person should know of it (:data:`PATIENT_DIFFERS`, :data:`EVIDENCE_INCOMPLETE`).
    """

    patient: Patient
    study: StudyContext
    evidence: tuple[SeriesEvidence, ...]
    reported_patient_id: str = ""
    notes: tuple[str, ...] = ()


def study_facts(
    archive: Carrier,
    accession_number: str,
    report: Report | None,
    order: ImagingOrder | None,
    announced: Any,
    now: datetime,
) -> StudyFacts:
    """Ask the archive; only headers travel (C-FIND or QIDO-RS).

    Parameters
    ----------
    announced
        Study Instance UID to its :class:`Announcement`, or ``None``.

    Raises
    ------
    DeliveryFailed
        The archive cannot be asked, or has not got all that was announced yet.
    """
    uids = _study_uids(archive, accession_number, report, order)
    study = _context(uids, accession_number, report, order)
    patient, notes, reported_id = _patient(report, order), [], ""
    evidence: tuple[SeriesEvidence, ...] = ()
    for uid in uids:
        evidence += list_evidence(archive, uid)
    if any(_incomplete(announced(uid), evidence, now) for uid in uids):
        notes.append(EVIDENCE_INCOMPLETE)
    filed = archived_study(archive, uids[0])
    if filed is not None:
        study = _as_filed(study, filed)
        if filed.patient.patient_id:
            if patient.patient_id and patient.patient_id != filed.patient.patient_id:
                notes.append(PATIENT_DIFFERS)
                reported_id = patient.patient_id
            patient = filed.patient
    return StudyFacts(
        patient=patient,
        study=study,
        evidence=evidence,
        reported_patient_id=reported_id,
        notes=tuple(notes),
    )


def filed_under(archive: Finds, accession_number: str) -> tuple[str, ...]:
    """Study Instance UIDs of what the archive has under this very number, in order.

    A wildcard in a number is not a question for other people's studies (PS3.4 C.2.2.2.4).
    """
    return tuple(
        sorted(
            str(study.StudyInstanceUID)
            for study in archive.find_studies(AccessionNumber=accession_number)
            if str(study.get("AccessionNumber", "")).strip() == accession_number.strip()
        )
    )


def _study_uids(
    archive: Carrier, accession_number: str, report: Report | None, order: ImagingOrder | None
) -> tuple[str, ...]:
    """At least one; a report whose images are not there is scored without, in a study of its own."""
    known = (report and report.exam.study_instance_uid) or (order and order.study_instance_uid)
    if known:
        return (known,)
    # The same accession number gives the same study for every retry and amendment.
    return filed_under(archive, accession_number) or (
        f"2.25.{uuid.uuid5(_STUDY_NAMESPACE, accession_number).int}",
    )


def _context(
    uids: tuple[str, ...], accession_number: str, report: Report | None, order: ImagingOrder | None
) -> StudyContext:
    exam = report.exam if report else None
    return StudyContext(
        study_instance_uid=uids[0],
        accession_number=accession_number,
        performed_at=exam.performed_at if exam else "",
        description=exam.exam_item if exam else "",
        referring_physician=order.ordering_provider if order else "",
        placer_order_number=order.placer_order_number if order else "",
        filler_order_number=order.filler_order_number if order else "",
        exam_item=exam.exam_item if exam else "",
        other_study_instance_uids=uids[1:],
    )


def _as_filed(study: StudyContext, filed: ArchivedStudy) -> StudyContext:
    return replace(
        study,
        study_id=filed.study_id,
        performed_at=filed.performed_at or study.performed_at,
        description=filed.description or study.description,
        referring_physician=filed.referring_physician or study.referring_physician,
    )


def _patient(report: Report | None, order: ImagingOrder | None) -> Patient:
    """The report's patient where it names one, the order's otherwise."""
    if report is not None and report.patient.patient_id:
        return report.patient
    if order is not None:
        return order.patient
    return report.patient if report else Patient()


def _incomplete(announced: Announcement | None, evidence: tuple[SeriesEvidence, ...], now: datetime) -> bool:
    if announced is None:
        return False
    there = {uid for series in evidence for _, uid in series.instances}
    missing = len(announced.instances - there)
    if missing and now < announced.at + COMPLETE_AFTER:
        raise DeliveryFailed(
            f"the archive lists {len(announced.instances) - missing} of the {len(announced.instances)} "
            f"objects announced for study {announced.study_instance_uid}",
            retry=True,
        )
    return missing > 0
