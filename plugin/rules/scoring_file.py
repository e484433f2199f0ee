"""What stands in a file of ``config/scoring/``; :mod:`plugin.rules.scoring` makes forms of it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from plugin.domain.scoring import FormKind


class Line(BaseModel):
    """A defect, condition or category."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z0-9]+-[FCK][0-9]+$")
    text: str = Field(min_length=1)
    text_en: str = Field(min_length=1)
    optional: bool = False
    rules: tuple[str, ...] = ()


class Item(BaseModel):
    """A line with points."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[A-Z0-9]+-P[0-9]+$")
    text: str = Field(min_length=1)
    text_en: str = Field(min_length=1)
    points: float = Field(gt=0, le=100)
    step: float = Field(default=1.0, gt=0)
    least: float = Field(default=0.0, ge=0)
    group: str = ""
    method: str = ""
    material: str = ""


class FormFile(BaseModel):
    """The file as a whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    title: str
    title_en: str
    object: str
    kind: FormKind
    clause: str
    score_by_met: tuple[int, ...] = ()
    score_by_met_with_optional: tuple[int, ...] = ()
    none_met: int = 1
    pass_score: int = 3
    fatal: tuple[Line, ...] = ()
    condition: tuple[Line, ...] = ()
    item: tuple[Item, ...] = ()
    category: tuple[Line, ...] = ()
    pass_points: float = 0.0
