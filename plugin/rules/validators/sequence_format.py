"""MRI 扫描序列的书写: 方位：序列，序列；方位：序列 (000 检查的技术参数)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from plugin.domain.issue import Issue, Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.validators.base import RuleOptions

_PLANE = (
    r"(?:横断位|横断面|横轴位|轴位|冠状位|冠状面|矢状位|矢状面|斜冠状位|斜矢状位|斜轴位|横断|冠状|矢状|横轴)"
)
_PLANES = re.compile(rf"{_PLANE}(?:\s*[、及和/]\s*{_PLANE})*")
_DOUBLED = re.compile(rf"(?P<a>{_PLANE})\s*[:]?\s*(?P<b>(?P=a))\s*:")
_SEQUENCE = re.compile(
    r"(?:fs-?|压脂)?(?:t1|t2|pd|dwi|flair|adc|swi|stir|mra|mrv|mrcp|dce|tof|dti|pwi|mrs|lava|vibe|thrive|space|3d-?[a-z0-9]+)"
    r"[a-z0-9\-]*(?:\s*\([^)]{1,12}\))?(?:\s*\+\s*(?:c|fs))*",
)


class Options(RuleOptions):
    """Options of `sequence_format`."""


def check(options: Options, reading: CaseReading) -> Iterator[Issue]:
    """Read the technique of an MRI as planes and sequences, and name what is not so written."""
    text = reading.technique
    if reading.modality != "MR" or not text or not _SEQUENCE.search(text.folded):
        return
    folded = text.folded
    for match in _DOUBLED.finditer(folded):
        place = reading.span(Section.TECHNIQUE, match.start("b"), match.end())
        yield options.issue("sequence_format", place, f"方位“{match['a']}”重复书写。")
    planes = list(_PLANES.finditer(folded))
    if not planes:
        first = _SEQUENCE.search(folded)
        if first:
            place = reading.span(Section.TECHNIQUE, *first.span())
            yield options.issue(
                "sequence_format", place, "扫描序列未写方位；应为“方位：序列，序列；方位：序列”。"
            )
        return
    for index, plane in enumerate(planes):
        end = planes[index + 1].start() if index + 1 < len(planes) else len(folded)
        found = _fault(folded, plane, end, last=index + 1 == len(planes))
        if found:
            start, stop, message = found
            yield options.issue("sequence_format", reading.span(Section.TECHNIQUE, start, stop), message)


def _fault(folded: str, plane: re.Match[str], end: int, *, last: bool) -> tuple[int, int, str] | None:
    """First fault of one plane's group, up to the next plane at `end`."""
    group = folded[plane.end() : end]
    sequences = list(_SEQUENCE.finditer(group))
    if not sequences:
        return None
    if not group.lstrip().startswith(":"):
        return plane.start(), plane.end(), f"方位“{plane[0]}”之后应为“：”。"
    for one, other in pairwise(sequences):
        gap = group[one.end() : other.start()].strip()
        if gap in {"、", "/", "；", "。", ".", "", "和", "及"} and (gap or other.start() > one.end()):
            at = plane.end() + one.end()
            return at, plane.end() + other.start(), "同一方位的不同序列之间应用“，”分隔。"
    tail = group[sequences[-1].end() :].strip()
    if not last and tail in {"，", "、", "。", "", ",", "/", "和", "及"}:
        at = plane.end() + sequences[-1].end()
        return at, max(at, end), "不同方位之间应用“；”分隔。"
    return None
