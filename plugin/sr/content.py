"""What a QC structured report says, in domain words; nothing here knows DICOM's encoding."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from plugin.domain.imaging import DocumentReference, SeriesEvidence
from plugin.domain.issue import Issue
from plugin.domain.patient import Patient
from plugin.domain.recognition import LabelDecision
from plugin.domain.scoring import ScoreSheet, ScoringForm


class Disclosure(StrEnum):
    """How much leaves with the object; each level is an instance of its own (decisions 25)."""

    FULL = "full"
    PSEUDONYMOUS = "pseudonymous"
    SUMMARY = "summary"


class ReaderPart(StrEnum):
    """T/CSBME 7.3.1: two readers, and a third who decides where they differ."""

    SINGLE = "single"
    FIRST = "first"
    SECOND = "second"
    ADJUDICATOR = "adjudicator"


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyContext:
    """The study that is scored, as its own headers or the order give it.

    Parameters
    ----------
    performed_at
        As sent: ISO, DICOM or as printed; what cannot be read is left empty.
    referring_physician
        Person name, Hanzi or in DICOM's groups.
    """

    study_instance_uid: str
    accession_number: str = ""
    study_id: str = ""
    performed_at: str = ""
    description: str = ""
    referring_physician: str = ""
    placer_order_number: str = ""
    filler_order_number: str = ""
    exam_item: str = ""
    other_study_instance_uids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceInfo:
    """SignGate itself, as the device that writes.

    Parameters
    ----------
    uid
        Of this installation; empty writes no device observer UID.
    """

    uid: str = ""
    name: str = "SignGate"
    manufacturer: str = "SignGate"
    model: str = "SignGate"
    serial_number: str = "1"
    software_version: str = "1"
    station_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedImage:
    """An image that the scorer marked; `criterion_id` empty: for the object as a whole."""

    sop_class_uid: str
    sop_instance_uid: str
    criterion_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredForm:
    """One sheet with the form it fills."""

    form: ScoringForm
    sheet: ScoreSheet
    part: ReaderPart = ReaderPart.SINGLE
    blinded: bool = False
    images: tuple[MarkedImage, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """What the rules suggested for an object, kept apart from what the person answered."""

    object: str
    score: int | None = None
    issues: tuple[Issue, ...] = ()
    algorithm: str = "SignGate rulebook"
    version: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class SrContent:
    """All of one QC structured report.

    Parameters
    ----------
    patient
        As the PACS knows the patient of this study.
    scored
        At least one; the same scorer throughout gives a flat document, several scorers
        give one container each.
    evidence
        The study's objects; empty for a QC of the report alone.
    sop_instance_uid, series_instance_uid
        Minted in the journey, so that a retry sends the same object.
    instance_number
        1, and one more for each amendment in the same series.
    predecessors
        What this document replaces, newest first.
    created_at
        Aware; its time zone is the one times are written in.
    charset
        ``ISO_IR 192`` or ``GB18030``.
    language
        ``zh-CN`` or ``en``: of the code meanings.
    pseudonym_key
        At least 16 bytes; needed for ``Disclosure.PSEUDONYMOUS`` alone.
    """

    patient: Patient
    study: StudyContext
    scored: tuple[ScoredForm, ...]
    sop_instance_uid: str
    series_instance_uid: str
    created_at: datetime
    evidence: tuple[SeriesEvidence, ...] = ()
    device: DeviceInfo = field(default_factory=DeviceInfo)
    institution_name: str = ""
    report_id: str = ""
    series_number: int = 990
    instance_number: int = 1
    predecessors: tuple[DocumentReference, ...] = ()
    label: LabelDecision | None = None
    suggestions: tuple[Suggestion, ...] = ()
    disclosure: Disclosure = Disclosure.FULL
    charset: str = "ISO_IR 192"
    language: str = "zh-CN"
    pseudonym_key: bytes = field(default=b"", repr=False)
