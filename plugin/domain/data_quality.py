"""Data quality after DB50 7.1: a study as the wire told it, and the figures of a period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report

Kind = Literal["emergency", "routine", "special"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageArrival:
    """When the images of one examination passed through us, and whose they say they are.

    Parameters
    ----------
    acquired_at
        Earliest acquisition, ``YYYYMMDDHHMMSS`` by the hospital's clock; empty when no header says it.
    first_at, last_at
        Arrival of the first and of the last image; one that is sent again does not count.
    patient_id, other_patient_id
        PatientID of the first image, and one that differs; empty when all agree.
    modality, other_modality
        The same of the modality.
    """

    acquired_at: str
    first_at: datetime
    last_at: datetime
    patient_id: str = ""
    other_patient_id: str = ""
    modality: str = ""
    other_modality: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireStudy:
    """What is on record of one examination.

    Parameters
    ----------
    report
        The version that stands.
    first_reported
        Report time of the first final version, ``YYYYMMDDHHMMSS`` by the hospital's clock; else empty.
    rules
        IDs of the rules that found something in the report that stands.
    """

    accession_number: str
    order: ImagingOrder | None = None
    order_delivered: frozenset[str] = frozenset()
    report: Report | None = None
    first_reported: str = ""
    images: ImageArrival | None = None
    rules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyRecord:
    """One study as the rules of 7.1 see it.

    Parameters
    ----------
    fields
        Dotted name to value; a name that is absent was not delivered, an empty value was left empty.
    performed_at, reported_at, uploaded_at
        With time zone; ``None`` when not known (yet).
    reported
        There is a final report, also when its time is not known.
    contradictions
        In Chinese: what the checks of reports found that does not fit together.
    """

    accession_number: str
    modality: str
    kind: Kind = "routine"
    fields: Mapping[str, str] = field(default_factory=dict)
    performed_at: datetime | None = None
    reported_at: datetime | None = None
    reported: bool = False
    uploaded_at: datetime | None = None
    contradictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure: share of what meets the standard, and the cases that do not.

    Parameters
    ----------
    name
        ``timeliness``, ``upload``, ``consistency``, ``completeness``, ``accuracy`` or ``continuity``.
    share
        0 to 1, ``None`` when nothing could be measured.
    least
        What the standard asks for.
    group
        One of the groups of fields that the figure of the same name is made of.
    cases
        Accession number and what is wrong, in Chinese.
    """

    name: str
    text: str
    clause: str
    share: float | None
    least: float
    measured: int
    group: bool = False
    cases: tuple[tuple[str, str], ...] = ()

    @property
    def met(self) -> bool | None:
        """``None`` when it could not be measured."""
        return None if self.share is None else self.share >= self.least


@dataclass(frozen=True, slots=True)
class DataAlarm:
    """A limit that will be broken unless somebody acts: which, of which examination, in Chinese.

    `kind` is ``report``, ``upload``, ``pause`` or ``share``; the last two concern no single examination.
    """

    kind: str
    accession_number: str
    text: str
