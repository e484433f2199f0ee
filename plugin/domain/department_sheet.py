"""A sheet about the department itself (放射影像检查报告生成质量控制规范 表B.1): none about an examination."""

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
