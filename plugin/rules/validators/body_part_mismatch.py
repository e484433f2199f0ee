"""部位不符: the report speaks of another part of the body than was examined (4.2.5 b)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set

from plugin.domain.issue import Issue, Section, Span
from plugin.rules.case_reading import CaseReading
from plugin.rules.comparison.regions import WIDE, overlap, regions_of, regions_of_item, within_reach
from plugin.rules.validators.base import RuleOptions
from plugin.text.mention import Mention
from plugin.text.reader import ReadText, read
from plugin.text.stretch import Stretch
from plugin.text.terms import Assertion

_SKIPPED = (Assertion.QUOTED, Assertion.HYPOTHETICAL, Assertion.FAMILY, Assertion.HISTORIC)
_WIDE = (
    "全身",
    "胎",
    "PET",
    "多部位",
    "全脊柱",
    "双能",
    "骨龄",
    "骨密度",
    "血管",
    "CTA",
    "MRA",
    "造影",
    "CTV",
    "CTPA",
    "一站式",
)


class Options(RuleOptions):
    """Options of `body_part_mismatch`.

    Parameters
    ----------
    least
        So many mentions of strange regions, and none of the examined, make a mismatch.
    unmistakable
        Names that mean one part wherever they stand: one sentence on it is strange where it lies far off.
    of_many
        Names that several parts of the body bear: 副韧带 of knee, elbow and finger, 硬膜下 of head and spine.
    """

    least: int = 2
    unmistakable: frozenset[str] = frozenset()
    of_many: frozenset[str] = frozenset()


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Compare examination and order with each other, and both sections with the examination."""
    yield from _record(options, reading)
    item = reading.exam_item
    examined = item.derived(regions_of_item)
    if not examined or any(word in item.text for word in _WIDE):
        return
    elsewhere = _wholly_elsewhere(options, reading, examined)
    if elsewhere is not None:
        section, first = elsewhere
        place = reading.span(section, first.start, first.end)
        yield _strange(options, reading, place)
        return
    lumbar = _LOWER_DISC.search(reading.findings.text) if examined == {"chest"} else None
    if lumbar is not None and not overlap(regions_of(reading.history), {"lspine"}):
        yield _strange(options, reading, reading.span(Section.FINDINGS, *lumbar.span()))
        return
    reach = item.derived(_reach)
    # Most reports name nothing beyond what such an examination shows.
    within = all(text.derived(_regions) <= reach for _, text in reading.sections)
    stray = None
    if not within:
        stray = _stray(options, reading, examined, reach) or _left_over(options, reading, examined, reach)
    if stray is not None:
        section, first = stray
        yield _strange(options, reading, reading.span(section, first.start, first.end))
        return
    far_off = _far_off(options, reading, examined, reach)
    if far_off is not None:
        yield _strange(options, reading, reading.span(Section.FINDINGS, far_off.start, far_off.end))
        return
    for section, text in reading.sections:
        regions = text.derived(_regions)
        own = overlap(regions, examined)
        if own and regions <= reach:
            continue
        named = text.derived(_regional)
        strange = [m for m in named if m.term.region not in reach]
        far = bool(strange) and len(strange) == len(named)
        near = not own and len(named) >= options.least + 1
        if (far and len(strange) >= (1 if section == "impression" else options.least)) or (
            near and len(strange) * 2 > len(named)
        ):
            first = (strange or named)[0]
            place = reading.span(section, first.start, first.end)
            yield _strange(options, reading, place)
            return


_LOWER_DISC = re.compile(r"(?:L[345]/[LS]?\d|[腰L][345][/、\-][腰骶LS]?\d)[^，。；\n]{0,8}椎?间盘")
"""Discs that lie far below any chest, which does show the upper lumbar vertebrae."""
_APART = (
    {"head"}, {"cspine", "tspine", "lspine", "sspine"}, {"chest"}, {"abdomen", "pelvis"}, {"breast"},
    {"shoulder", "upper_limb", "elbow", "forearm", "wrist", "hand"}, {"hip", "thigh", "knee", "leg", "ankle", "foot"},
)  # fmt: skip
"""Regions that no examination of another of these sets is about, though it may touch them."""


def _wholly_elsewhere(
    options: Options, reading: CaseReading, examined: set[str]
) -> tuple[Section, Mention] | None:
    """The first mention, where all of the report lies beside what was examined, and nothing in it."""
    concluded = reading.impression.derived(_regions)
    regions = reading.findings.derived(_regions) | concluded
    # 颈动脉间隙清晰 makes no 颈椎 of findings that go on to the lumbar discs alone.
    if _other_level(concluded, examined) and not regions & examined:
        return next((Section.IMPRESSION, m) for m in reading.impression.derived(_regional))
    if overlap(regions - {"spine"}, examined) or ("spine" in regions and "spine" in examined):
        return None
    named = [(section, m) for section, text in reading.sections for m in text.derived(_regional)]
    if len({m.start for section, m in named if section is Section.FINDINGS}) <= options.least:
        return None
    if _other_level(regions, examined):
        return named[0]
    ours = [index for index, group in enumerate(_APART) if group & examined]
    theirs = {index for index, group in enumerate(_APART) if group & regions}
    stray = any(
        not any(region in group for group in _APART) and region != "spine" for region in regions | examined
    )
    # 锁骨 beside 肺野 is still of a chest.
    of_one = any(regions <= within_reach(set(_APART[index])) for index in theirs)
    if len(ours) != 1 or not of_one or ours[0] in theirs or stray:
        return None
    return named[0]


def _stray(
    options: Options, reading: CaseReading, examined: set[str], reach: set[str]
) -> tuple[Section, Mention] | None:
    """Words of a part of the body that no examination of this one shows: 脑室 in a chest."""
    ours = [group for group in _APART if group & examined]
    if not ours:
        return None
    strange: dict[int, list[tuple[Section, Mention]]] = {}
    for section, text in reading.sections:
        for mention in text.derived(_regional):
            region = mention.term.region
            if region in reach or text.text[mention.start : mention.end] in options.of_many:
                continue
            for index, group in enumerate(_APART):
                if region in group and group not in ours:
                    strange.setdefault(index, []).append((section, mention))
    for found in strange.values():
        if len({mention.term.id for _, mention in found}) >= options.least:
            return found[0]
    return None


_CALLED_SOUND = re.compile(
    r"未见(?:明[显确]|确切)?[^，。；\n]{0,8}(?:异常|病变|骨折|撕裂)|正常|(?:光|完)整|均匀|良好|清晰|不[大厚宽]"
)
_REFERRED = re.compile(
    r"建议|必要时|结合|病史|术后|除外|排除|复查|既往|外院|对比|比较|前片|样[信密]|转移|扫及|所[见示扫及]|附见|兼及|肺尖"
)


_OTHER_SEX = {"M": "F", "F": "M"}


def _left_over(
    options: Options, reading: CaseReading, examined: set[str], reach: set[str]
) -> tuple[Section, Mention] | None:
    """A sentence that calls a far part of the body sound: 颈椎MRI平扫未见异常 below a liver.

    In the impression it is no leftover where the findings name that part.
    """
    ours = [group for group in _APART if group & examined]
    if not ours:
        return None
    described = reading.findings.derived(_regions)
    for section, text in reading.sections:
        sentences: dict[int, list[Mention]] = {}
        for mention in text.derived(_regional):
            # 附件 alone is of a vertebra as well as of the uterus.
            if mention.term.id == "adnexa" and not mention.side:
                continue
            if text.text[mention.start : mention.end] in options.of_many:
                continue
            # An ovary of a man is told as that already.
            if mention.term.sex and mention.term.sex == _OTHER_SEX.get(reading.report.patient.sex):
                continue
            sentences.setdefault(text.clauses[mention.clause].sentence, []).append(mention)
        for mentions in sentences.values():
            regions = {mention.term.region for mention in mentions}
            if regions & reach or any(regions & group for group in ours):
                continue
            if any(not any(region in group for group in _APART) for region in regions):
                continue
            if section is Section.IMPRESSION and regions & described:
                continue
            start, end = text.sentence_at(mentions[0].start)
            said = text.text[start:end]
            if _CALLED_SOUND.search(said) and not _REFERRED.search(said):
                return section, mentions[0]
    return None


_SEEN_BESIDE = re.compile(r"[所扫附兼]|管|穿刺|静脉|团注|术后|置换|图像?|病史|疼|痛|放射|引流|\(")
"""Words of a sentence that tells why it speaks of another part: 扫描所及, 胃管, 置换术后."""


def _far_off(options: Options, reading: CaseReading, examined: set[str], reach: set[str]) -> Mention | None:
    """A finding of a part that lies far off, by a name that cannot be mistaken: 半月板 of a lumbar spine.

    What the conclusion, the order or the technique name as well is no sentence left over.
    """
    text = reading.findings
    regions = text.derived(_regions)
    if not regions - reach or not overlap(regions, examined):
        return None
    near = within_reach(reach - WIDE)
    told = reading.impression.derived(_regions) | regions_of(reading.history) | regions_of(reading.technique)
    for mention in text.derived(_regional):
        region = mention.term.region
        if region in reach or region in near or not within_reach({region}).isdisjoint(told):
            continue
        if text.text[mention.start : mention.end] not in options.unmistakable:
            continue
        start, end = text.sentence_at(mention.start)
        others = {m.term.region for m in text.anatomy if start <= m.start < end and m.term.region}
        if others & within_reach({region}) != others or _SEEN_BESIDE.search(text.text, start, end):
            continue
        return mention
    return None


_LEVELS = ("cspine", "tspine", "lspine", "sspine")


def _other_level(regions: Set[str], examined: Set[str]) -> bool:
    """颈椎 examined and 腰椎 described: levels of the spine that do not touch."""
    levels = [_LEVELS.index(region) for region in examined if region in _LEVELS]
    seen = [_LEVELS.index(region) for region in regions if region in _LEVELS]
    if not levels or not seen or not regions <= {"spine", *_LEVELS}:
        return False
    return min(abs(one - other) for one in levels for other in seen) > 1


def _strange(options: Options, reading: CaseReading, place: Span) -> Issue:
    item = reading.exam_item.text
    says = f"检查名称为“{item}”，报告描述的是“{place.text}”等其他部位。"
    return options.issue("body_part_mismatch", place, says, (reading.record("检查名称"),))


def _regional(text: ReadText) -> list[Mention]:
    """Mentions that have a region; LM is the left main stem as well as the lateral meniscus."""
    return [
        m
        for m in text.anatomy
        if m.term.region and m.assertion not in _SKIPPED and text.text[m.start : m.end] != "LM"
    ]


def _regions(text: ReadText) -> frozenset[str]:
    return text.gathered(_named_in)


def _named_in(said: Stretch) -> frozenset[str]:
    """Regions that some sentences name."""
    return frozenset([m.term.region for m in said.anatomy if m.assertion not in _SKIPPED]) - {""}


def _reach(item: ReadText) -> set[str]:
    """What an examination shows: its regions, and what lies beside them."""
    return within_reach(item.derived(regions_of_item))


def _record(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """The report's examination and the order's lie in regions that share nothing."""
    order, done = reading.order, reading.report.exam.exam_item
    if not order or not done or not order.exam_item or done == order.exam_item:
        return
    ours, theirs = (regions_of_item(read(name, reading.lexicon)) for name in (done, order.exam_item))
    if ours and theirs and not overlap(ours, theirs):
        yield options.issue(
            "body_part_mismatch",
            reading.record("检查名称"),
            f"检查名称“{done}”与申请单“{order.exam_item}”部位不符。",
            (reading.ordered("检查项目"),),
        )
