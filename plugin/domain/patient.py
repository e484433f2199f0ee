"""The person who is examined."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """Who was examined.

    Parameters
    ----------
    patient_id, assigning_authority
        PID-3 / (0010,0020) and its issuer; together they identify a person.
    name
        As printed, Hanzi preferred.
    sex
        ``M``, ``F``, ``O``, ``U``, or empty.
    age
        As printed or sent: ``72岁``, ``072Y``.
    birth_date
        ``YYYY-MM-DD`` or empty.
    """

    patient_id: str = ""
    assigning_authority: str = ""
    name: str = ""
    sex: str = ""
    age: str = ""
    birth_date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientMerge:
    """Two identifiers are one person: what stood under `prior` stands under `surviving` (ADT^A40)."""

    surviving: Patient
    prior: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeRecord:
    """A merge that was carried out, with the accession numbers it moved.  Times are UTC."""

    merge_id: int
    merge: PatientMerge
    merged_at: datetime
    exams: tuple[str, ...] = ()
    undone_at: datetime | None = None
