"""What a study must fulfil to bear a region's label: small functions, named in the region's file.

Each gives every reason it finds, none when it is fulfilled.  What is not known is never
guessed in favour of the label where the standard wants proof (an evaluation), and is no
reason against it where it only wants no contrary sign (a score, decisions 26).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from plugin.domain.recognition import Evaluation, Institution, Region
from plugin.kit.registry import Entry, Options, Registry
from plugin.rules.recognition.items import DICOM_CLASSES, Match

Reason = tuple[str, str]
"""Machine code and Chinese text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataQuality:
    """What the wire says about a study's data (DB50 7.1, 7.3); ``None`` is not known.

    Parameters
    ----------
    lossless
        No image was ever compressed with loss: transfer syntax and (0028,2110).
    identity_consistent
        Patient and accession agree between order, report and images.
    laterality_marked
        Images of a sided item carry their side.
    missing_tags
        Required attributes that are absent, as keywords (seed 000 基本标识).
    """

    lossless: bool | None = None
    identity_consistent: bool | None = None
    laterality_marked: bool | None = None
    missing_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyFacts:
    """One study as recognition sees it.

    Parameters
    ----------
    modality
        (0008,0060), or the RIS's word for it.
    device
        As evaluations name it: station name, serial number or the site's own ID.
    image_score
        图像质量 1 to 5, ``None`` when nobody has scored it.
    open_fatal_issue
        A fatal quality issue is not settled.
    quality_rejected
        A KOS "Quality Issue" or "Rejected for Quality Reasons" refers to the study.
    sources
        Identifiers of what the facts were taken from (score sheet, KOS …), kept with the decision.
    """

    modality: str
    exam_item: str
    body_part: str = ""
    device: str = ""
    performed_on: date | None = None
    image_score: int | None = None
    open_fatal_issue: bool = False
    quality_rejected: bool = False
    data: DataQuality = field(default_factory=DataQuality)
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All that a condition may look at."""

    study: StudyFacts
    region: Region
    institution: Institution
    evaluations: Sequence[Evaluation]
    match: Match
    on: date


class Condition(Options):
    """Options that every condition has."""

    clause: str = ""


class InstitutionOptions(Condition):
    """Nothing of its own: levels and ownership stand in the version."""


def institution_takes_part(options: InstitutionOptions, judged: Judged) -> tuple[Reason, ...]:
    """DB50 6.2: on the region's list; level 2 and above, or below it when evaluated; public."""
    region, institution = judged.region, judged.institution
    reasons: list[Reason] = []
    if region.region_id not in institution.regions:
        reasons.append(("institution_not_listed", f"{institution.name}不在{region.name}互认机构名单中"))
    if region.public_only and not institution.public:
        reasons.append(("institution_not_public", f"{region.name}互认范围为公立医疗机构"))
    if region.levels and institution.level not in region.levels and not _evaluated(judged):
        reasons.append(
            (
                "institution_level",
                f"医疗机构等级（{institution.level}级）不在互认范围，且未参加质量评价并合格",
            )
        )
    return tuple(reasons)


class ItemOptions(Condition):
    """Nothing of its own: the list stands in the version."""


def item_listed(options: ItemOptions, judged: Judged) -> tuple[Reason, ...]:
    """DB50 6.3: an item of the list, without doubt which (decisions 30: no list, no label)."""
    if not judged.region.items:
        return (("no_list", f"{judged.region.name}互认项目清单未装载，不标注"),)
    kind = DICOM_CLASSES.get(judged.study.modality.upper(), judged.study.modality)
    if kind and kind.replace("MG", "DR") not in judged.region.modalities:
        return (("modality", f"检查类别{kind}不在{judged.region.name}互认范围"),)
    if judged.match.item is None:
        return ((f"item_{judged.match.how}", f"检查项目未对应互认目录：{judged.match.text}"),)
    return ()


class EvaluationOptions(Condition):
    """Nothing of its own."""


def evaluation_valid(options: EvaluationOptions, judged: Judged) -> tuple[Reason, ...]:
    """DB50 6.4: evaluated by the QC centre, passed, valid when performed and on the day asked.

    Of the evaluations of one scope (item × device) the latest counts; one scope that
    failed bars the label whatever a wider scope says.
    """
    item = judged.match.item
    if item is None:
        known = _of_institution(judged)
        return () if known else (("evaluation_missing", f"没有{judged.region.name}质控中心的评价结果"),)
    reasons: list[Reason] = []
    performed = judged.study.performed_on
    for day, word in ((performed, "检查日"), (judged.on, "")):
        if day is None or (word and day == judged.on):
            continue
        standing = standing_evaluations(judged, day)
        when = f"{word}{day.isoformat()}"
        if not standing:
            code = "evaluation_missing" if not _matching(judged) else "evaluation_not_in_force"
            reasons.append((code, f"项目“{item.name}”在本设备上{when}没有有效的质控评价"))
        reasons.extend(
            ("evaluation_failed", f"项目“{item.name}”质控评价不合格（{each.evaluation_id}，{when}）")
            for each in standing
            if not each.passed
        )
    return tuple(dict.fromkeys(reasons))


class ScoreOptions(Condition):
    """`pass_score`: the lowest score with which images are good enough (附录A note 2: 3)."""

    pass_score: int = 3


def image_score_passes(options: ScoreOptions, judged: Judged) -> tuple[Reason, ...]:
    """A score that was given must pass; none given is no reason (decisions 26)."""
    score = judged.study.image_score
    if score is None or score >= options.pass_score:
        return ()
    return (("image_score", f"图像质量评分{score}分，低于合格线{options.pass_score}分"),)


class FatalIssueOptions(Condition):
    """Nothing of its own."""


def no_fatal_issue(options: FatalIssueOptions, judged: Judged) -> tuple[Reason, ...]:
    """No fatal quality issue is open."""
    return (("fatal_issue", "存在未解决的严重质控问题"),) if judged.study.open_fatal_issue else ()


class QualityObjectOptions(Condition):
    """Nothing of its own."""


def not_rejected(options: QualityObjectOptions, judged: Judged) -> tuple[Reason, ...]:
    """No object in the PACS says that the images are of poor quality."""
    if not judged.study.quality_rejected:
        return ()
    return (("quality_object", "影像已被标记为质量不合格（KOS）"),)


class DataQualityOptions(Condition):
    """Which of the facts bar the label."""

    lossless: bool = True
    identity: bool = True
    laterality: bool = True
    tags: bool = True


def data_quality_met(options: DataQualityOptions, judged: Judged) -> tuple[Reason, ...]:
    """DB50 7.1: lossless, consistent, complete; 7.3.1.1: the side on the image."""
    data = judged.study.data
    reasons: list[Reason] = []
    if options.lossless and data.lossless is False:
        reasons.append(("lossy", "影像经有损压缩，互认要求DICOM无损压缩格式"))
    if options.identity and data.identity_consistent is False:
        reasons.append(("identity", "申请单、报告与影像的身份信息不一致"))
    if options.laterality and data.laterality_marked is False:
        reasons.append(("laterality", "影像缺少左右标识"))
    if options.tags and data.missing_tags:
        reasons.append(("missing_tags", f"影像缺少必备信息：{'、'.join(data.missing_tags)}"))
    return tuple(reasons)


CONDITIONS: Registry[tuple[Reason, ...]] = Registry(
    "recognition condition",
    [
        Entry("institution", InstitutionOptions, institution_takes_part),
        Entry("item", ItemOptions, item_listed),
        Entry("evaluation", EvaluationOptions, evaluation_valid),
        Entry("image_score", ScoreOptions, image_score_passes),
        Entry("fatal_issue", FatalIssueOptions, no_fatal_issue),
        Entry("quality_object", QualityObjectOptions, not_rejected),
        Entry("data_quality", DataQualityOptions, data_quality_met),
    ],
    group="signgate.recognition_conditions",
)


def standing_evaluations(judged: Judged, day: date) -> tuple[Evaluation, ...]:
    """The latest evaluation in force on `day` of each scope that covers the study."""
    latest: dict[tuple[int, str], Evaluation] = {}
    for each in _matching(judged):
        if not each.valid_from <= day <= each.valid_to:
            continue
        scope = (each.item_number, each.device)
        known = latest.get(scope)
        # Two results of one day contradict each other: the failed one stands until a newer comes.
        if known is None or (each.valid_from, not each.passed) > (known.valid_from, not known.passed):
            latest[scope] = each
    return tuple(latest.values())


def _matching(judged: Judged) -> list[Evaluation]:
    item, study = judged.match.item, judged.study
    return [
        each
        for each in _of_institution(judged)
        if item is not None and each.item_number in (0, item.number) and each.device in ("", study.device)
    ]


def _evaluated(judged: Judged) -> bool:
    """The institution has passed some evaluation of the region that is in force."""
    return any(
        each.passed and each.valid_from <= judged.on <= each.valid_to for each in _of_institution(judged)
    )


def _of_institution(judged: Judged) -> list[Evaluation]:
    return [
        each
        for each in judged.evaluations
        if each.region_id == judged.region.region_id
        and each.institution_id == judged.institution.institution_id
    ]
