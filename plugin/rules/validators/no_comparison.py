"""以前有相同或类似检查, 报告中没有注明时间的对比 (000 诊断结论, T/CSBME 4.2.5 e)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from plugin.domain.case import PriorExam
from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading, modality_of
from plugin.rules.comparison.regions import overlap, regions_of, regions_of_item
from plugin.rules.validators.base import RuleOptions
from plugin.text.reader import ReadText, read
from plugin.text.timing import find_dates

_COMPARES = re.compile(
    r"对比|比较|对照|较前|前片|老片|旧片|原片|上次|前次|上一次|既往|同前|复查|较(?:本院|我院|外院)?[^，。；]{0,3}$|较.{0,6}(?:19|20)\d\d|[与同].{0,12}(?:19|20)\d\d|(?:19|20)\d\d.{0,16}(?:片|CT|MR|DR|X线|检查|相比|所见|图像|比)"
)
_ONLY_ASKED = re.compile(r"(?:请|建议|需|应)[^，。；\n]{0,10}(?:对比|比较|对照|原片|前片)")
_EXCUSED = re.compile(
    r"(?:前片|老片|旧片|原片|前次|既往|以往|历史|外院|上次|先前)[^，。；\n]{0,12}(?:未能|无法|不能|未|无)[^，。；\n]{0,6}(?:调阅|获得|获取|提供|带|查阅|对比|比较|见到|调取|找到|取得)"
    r"|(?:前片|老片|旧片|原片|前次|上次|外院)[^。；\n]{0,16}(?:未能|无法|不能)(?:调阅|获得|获取|对比|比较|调取)"
    r"|(?:无法|未能|不能)(?:获得|获取|调阅|调取|查阅|与)[^，。；\n]{0,8}(?:前片|老片|旧片|原片|既往|前次|资料|图像|影像)"
    r"|无(?:前片|老片|旧片|既往|历史|以往)?(?:影像)?(?:资料|片)?可?(?:供)?(?:对比|比较)|无对比资料|首次检查|未见既往影像|(?:前|外院|老|旧)片未带|未(?:携带|带|提供)[^，。；\n]{0,6}(?:前片|老片|旧片|原片|片)"
)


_MOST_DATES = 40
# 24-3-11, 2024-03: dates of a comparison that lack their century or their day.
_SHORT_DATE = re.compile(
    r"(?<![\d.])(?:[12]\d[-./年](?:0?[1-9]|1[0-2])[-./月](?:0?[1-9]|[12]\d|3[01])|20\d\d[-./](?:0?[1-9]|1[0-2]))日?(?![-./\d])"
)


class Options(RuleOptions):
    """Options of `no_comparison`; `same_modality` asks for priors of the same modality only."""

    same_modality: bool = True


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Ask for a dated comparison when a prior of the same kind is known."""
    priors = [prior for prior in reading.case.priors or () if _similar(options, reading, prior)]
    if not priors or not (reading.findings or reading.impression):
        return
    texts = [text for _, text in reading.sections if text]
    if any(_EXCUSED.search(text.text) for text in texts) or any(
        _has_dated(text, _day(reading.report.exam.performed_at)) for text in texts
    ):
        return
    undated = next(
        (
            (section, match)
            for section, text in reading.sections
            for match in re.finditer(r"较前|前片|同前|老片|与前|较老|较旧|旧片|相比|上次|前次", text.text)
            if not _ONLY_ASKED.search(text.text[max(0, match.start() - 12) : match.end() + 4])
        ),
        None,
    )
    name = f"{priors[0].performed_at} {priors[0].exam_item or priors[0].modality}".strip()
    if undated:
        section, match = undated
        place = reading.span(section, *match.span())
        yield options.issue("no_comparison", place, f"有既往检查（{name}），对比未注明具体时间。")
    elif asked := _asked(reading):
        section, match = asked
        place = reading.span(section, *match.span())
        says = f"有既往相同或类似检查（{name}），报告只写了“{place.text}”，未作对比。"
        yield options.issue("no_comparison", place, says)
    else:
        text = reading.impression
        place = reading.span(Section.IMPRESSION, 0, len(text.text))
        yield options.issue("no_comparison", place, f"有既往相同或类似检查（{name}），报告未作对比。")


def _asked(reading: CaseReading) -> tuple[Section, re.Match[str]] | None:
    """Where the report asks others to compare (请结合原片), last in the impression or else in the findings."""
    for section, text in reversed(reading.sections):
        if found := list(_ONLY_ASKED.finditer(text.text)):
            return section, found[-1]
    return None


def _has_dated(text: ReadText, examined: date | None) -> bool:
    """Whether a date, not after the examination's own, stands in a sentence that compares."""
    starts = [
        found.start
        for found in text.dates[:_MOST_DATES]
        if not (found.value and examined and found.value.year > 1 and found.value > examined)
    ]
    if not starts:
        starts = [match.start() for match in islice(_SHORT_DATE.finditer(text.text), _MOST_DATES)]
    for start in starts:
        begin, end = text.sentence_at(start)
        around = text.text[begin:end]
        if re.search(r"(?:建议|请|拟)[^。；\n]{0,6}$", around[: start - begin]):
            continue
        asked = _ONLY_ASKED.search(around)
        if asked and not re.search(r"较|相比|同前|与.{0,14}(?:19|20)\d\d", around):
            continue
        if _COMPARES.search(around):
            return True
    return False


def _similar(options: Options, reading: CaseReading, prior: PriorExam) -> bool:
    """Same modality, a body region in common, and earlier."""
    modality = modality_of(prior.modality, prior.exam_item)
    if options.same_modality and modality and reading.modality and modality != reading.modality:
        return False
    if not _earlier(prior.performed_at, reading.report.exam.performed_at):
        return False
    if prior.exam_item and prior.exam_item == reading.exam_item.source:
        return True
    mine = regions_of_item(reading.exam_item) or regions_of(reading.findings)
    theirs = regions_of_item(read(prior.exam_item, reading.lexicon)) or regions_of(
        read(prior.impression[:2000], reading.lexicon)
    )
    if not mine or not theirs:
        return bool(modality) and not prior.exam_item
    return overlap(mine, theirs)


def _earlier(prior: str, now: str) -> bool:
    before, after = _day(prior), _day(now)
    return before is None or after is None or before <= after


def _day(text: str) -> date | None:
    dates = find_dates(text)
    return dates[0].value if dates else None
