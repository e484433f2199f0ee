"""Sheets beside the score sheets: of the department (放射影像检查报告生成质量控制规范 表B.1), or free feedback.

Neither reaches the SR, the corrections or the month's tables by person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from plugin.domain.scoring import FormAnswers, ScoreResult


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentSheet:
    """A filled form with its result; never changed, an amendment is a new sheet.

    Parameters
    ----------
    first_day, last_day
        What was looked at; B.1 asks for three months.
    amends
        `sheet_id` of the sheet this one replaces, or empty.
    accession_number, about_id, about_name
        Examination and person of peer feedback; empty on a sheet about the department.
    """

    sheet_id: str
    form_id: str
    form_version: str
    first_day: date
    last_day: date
    scorer_id: str
    scorer_name: str
    scorer_role: str
    scored_at: datetime
    answers: FormAnswers
    result: ScoreResult
    amends: str = ""
    accession_number: str = ""
    about_id: str = ""
    about_name: str = ""
