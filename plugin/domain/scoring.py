"""Scoring forms (评分表), the answers to one, and the result.

T/CSBME 附录A knows two kinds: the request form is conforming or not (规范类), the five
others are graded 5 to 1 (评分类) by fatal items and conditions met.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from plugin.domain.issue import Issue, Section, Severity

IMAGE_OBJECT = "IMG"
"""The scored object whose failure is marked on the images themselves."""


class FormKind(StrEnum):
    """规范类 gives 合格/不合格; 评分类 gives a score; 计分 adds up points (000 B.1, 002); 分类 judges nobody."""

    CONFORMITY = "conformity"
    GRADED = "graded"
    POINTS = "points"
    CATEGORIES = "categories"


class ScoringMode(StrEnum):
    """T/CSBME 7.2.1: 随机, 主动, 集中; and what later sections add."""

    RANDOM = "random"
    ACTIVE = "active"
    COLLECTIVE = "collective"
    REVIEW = "review"
    TEACHING = "teaching"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One line of a form: `text` exactly as the standard prints it, `text_en` beside it.

    `rules` are the IDs of report rules whose issues suggest this line to the scorer, ``rule@section``
    those of a rule in one section only.
    """

    id: str
    text: str
    text_en: str
    optional: bool = False
    rules: tuple[str, ...] = ()

    def suggested_by(self, issues: Iterable[Issue]) -> tuple[Issue, ...]:
        """Errors and warnings that speak for this line.

        A remark (info) suggests nothing of a report; of a requisition there are no others.
        """
        return tuple(
            issue
            for issue in issues
            if (issue.rule in self.rules or f"{issue.rule}@{issue.section.value}" in self.rules)
            and (issue.severity is not Severity.INFO or issue.section is Section.ORDER)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PointItem:
    """One line of a form that adds up points: at most `points`, given in steps of `step`.

    `method` is how it is judged, as printed (考评方法); `group` the heading it stands under;
    `material` what the institution has to show (机构提供的资料).
    """

    id: str
    text: str
    text_en: str
    points: float
    step: float = 1.0
    least: float = 0.0
    group: str = ""
    method: str = ""
    material: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringForm:
    """A blank form.

    Parameters
    ----------
    form_id
        ``request_form``, ``image``, ``film``, ``reconstruction``, ``report``, ``reviewed_report``
        (the keys of suggested scores, decisions 18), or a site's own.
    object
        What is scored: ``REQ``, ``IMG``, ``FILM``, ``R3D``, ``RPT`` or ``RVW`` (design/dicom.md).
    fatal
        Defects of which any one fixes the result (score 1, or 不合格).
    conditions
        Conditions that are met or not.
    score_by_met
        ``score_by_met[n]`` is the score when n conditions are met, ``n = 0 … len(conditions)``;
        empty for a conformity form.
    pass_score
        Lowest passing score (附录A note 2: 3).
    categories
        What feedback without a score may be (同行学习); of a form of that kind alone.
    """

    form_id: str
    version: str
    title: str
    title_en: str
    object: str
    kind: FormKind
    clause: str
    fatal: tuple[Criterion, ...] = ()
    conditions: tuple[Criterion, ...] = ()
    score_by_met: tuple[int, ...] = ()
    pass_score: int = 3
    items: tuple[PointItem, ...] = ()
    pass_points: float = 0.0
    categories: tuple[Criterion, ...] = ()

    @property
    def scores_examination(self) -> bool:
        """Whether it may be asked at signing and in a review; its result is a score sheet."""
        return self.kind in {FormKind.CONFORMITY, FormKind.GRADED}

    @property
    def full_points(self) -> float:
        """Of a form that adds up points."""
        return sum(item.points for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageMark:
    """An image that the scorer says fails; without `sop_instance_uid` the whole series does."""

    series_instance_uid: str
    sop_instance_uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormAnswers:
    """What a person marked.  Everything not named is in order.

    Parameters
    ----------
    present
        IDs of fatal defects that are present; of the categories chosen, where a form has those.
    unmet
        IDs of conditions that are not met.
    not_applicable
        IDs of conditions that do not apply; they count as met.
    reasons
        Criterion ID to 扣分理由.
    images
        Images that fail, of a form about images; empty: the study as a whole.
    """

    present: frozenset[str] = frozenset()
    unmet: frozenset[str] = frozenset()
    not_applicable: frozenset[str] = frozenset()
    reasons: dict[str, str] = field(default_factory=dict)
    comment: str = ""
    points: dict[str, float] = field(default_factory=dict)
    """Item ID to the points given, for a form that adds them up."""
    images: tuple[ImageMark, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deduction:
    """Why points were lost: 严重扣分项 (severe) or 不符合项 (nonconforming)."""

    criterion_id: str
    severe: bool
    text: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreResult:
    """What answers come to.

    Parameters
    ----------
    score
        1 to 5, ``None`` for a conformity form.
    grade
        优秀, 良好, 合格, 不合格; empty of a form that judges nobody.
    """

    score: int | None
    grade: str
    passed: bool
    deductions: tuple[Deduction, ...] = ()
    points: float | None = None
    """Sum of a form that adds up points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSheet:
    """A filled form with its result; never changed, an amendment is a new sheet.

    Parameters
    ----------
    sheet_id
        Minted in the journey.
    sop_instance_uid, series_instance_uid
        Of the SR that carries it, minted in the journey so that a retry sends the same object.
    amends
        `sheet_id` of the sheet this one replaces, or empty.
    """

    sheet_id: str
    accession_number: str
    form_id: str
    form_version: str
    mode: ScoringMode
    scorer_id: str
    scorer_name: str
    scorer_role: str
    assessed_id: str
    assessed_name: str
    scored_at: datetime
    answers: FormAnswers
    result: ScoreResult
    gate_id: str = ""
    seconds_to_fill: float | None = None
    sop_instance_uid: str = ""
    series_instance_uid: str = ""
    amends: str = ""
