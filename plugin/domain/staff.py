"""The staff table: who may report, sign and score; and one-to-one teaching (seed 002)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from plugin.domain.scoring import FormAnswers, ScoreResult


class StaffRole(StrEnum):
    """Who scores what is decided by these (T/CSBME 7.2.2: 为各级角色分配相应的质控项目权限)."""

    TECHNICIAN = "technician"
    RESIDENT = "resident"
    ATTENDING = "attending"
    SENIOR = "senior"
    QC_STAFF = "qc_staff"
    HEAD = "head"
    REGIONAL_CENTRE = "regional_centre"
    UNKNOWN = "unknown"
    """The RIS names no role, and the person is not in the staff table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """One line of the table.

    Parameters
    ----------
    licensed
        Holds the 执业医师资格证 of the specialty (seed 000 基本要求).
    first_stage
        Has passed, or is deemed to have passed, the first stage of residency.
    specialties
        Modality, body part, or a word of the exam items this person reads; empty is all.
    monthly_quota
        At most so many assigned readings a month; 0 is no limit.
    available
        May be given readings now.
    mail
        Where notices are sent beside the person's page; empty for none.
    """

    staff_id: str
    name: str
    role: StaffRole
    departments: tuple[str, ...] = ()
    licensed: bool = False
    first_stage: bool = False
    specialties: tuple[str, ...] = ()
    monthly_quota: int = 0
    available: bool = True
    mail: str = ""


class TeachingState(StrEnum):
    """PLANNED is announced to the resident; RECORDED has its scores and feedback."""

    PLANNED = "planned"
    RECORDED = "recorded"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Teaching:
    """影像诊断报告书写指导: one resident, one teacher, one case, five stages (seed 002 4.1 to 4.5).

    Parameters
    ----------
    disease, place, starts_at
        病种, 地点, 时间, announced to the resident beforehand (3.2).
    minutes
        How long it took; 30 to 45 are recommended (2).
    feedback
        Stage to what the teacher told the resident.
    """

    teaching_id: str
    resident_id: str
    resident_name: str
    teacher_id: str
    teacher_name: str
    accession_number: str
    disease: str
    place: str
    starts_at: datetime
    announced_at: datetime
    state: TeachingState = TeachingState.PLANNED
    minutes: int = 0
    recorded_at: datetime | None = None
    answers: FormAnswers = field(default_factory=FormAnswers)
    result: ScoreResult | None = None
    form_version: str = ""
