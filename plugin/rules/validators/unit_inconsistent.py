"""测量小数点位数以及单位宜统一 (000 描述要求)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.measures import Measure
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

_CENTIMETRES = frozenset(("cm", "厘米", "公分", "㎝"))
_MILLIMETRES = frozenset(("mm", "毫米", "㎜"))
_NOT_A_SIZE = re.compile(
    r"距|层厚|层距|层间距|间隔|重建|准直|管电压|视野|fov|矩阵|距门齿|针|导管|支架|直径约?0\.\d+mm"
)


class Options(TextRuleOptions):
    """Options of `unit_inconsistent`.

    Parameters
    ----------
    decimals_apart
        Decimals of one unit that differ by so many places are not uniform.
    """

    decimals_apart: int = 2


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Compare units and decimals over findings and impression."""
    if _uniform(options, reading):
        return
    found = [
        (section, text, measure)
        for section, text in reading.sections
        for measure in text.measures
        if _is_size(text, measure)
    ]
    if not found:
        return
    kinds = [(_kind(measure.unit), section, measure) for section, _, measure in found]
    usual = kinds[0][0]
    other = next((item for item in kinds if item[0] and usual and item[0] != usual), None)
    mixed = other or next(
        ((kind, section, m) for kind, section, m in kinds if _mixed_inside(reading.read_of(section), m)), None
    )
    if mixed:
        _, section, measure = mixed
        first_section, _, first = found[0]
        where = reading.span(first_section, first.start, first.end)
        place = reading.span(section, measure.start, measure.end)
        yield options.issue(
            "unit_inconsistent", place, f"长度单位不统一：“{where.text}”与“{place.text}”。", (where,)
        )
        return
    yield from _decimals(options, reading, [(section, measure) for section, _, measure in found])


def _uniform(options: Options, reading: Texts) -> bool:
    """Whether all measures are written in one way, sizes or not: mostly they are."""
    measures = [(text, measure) for _, text in reading.sections for measure in text.measures]
    places = [places for _, measure in measures for places in measure.digits]
    return (
        len({_kind(measure.unit) for _, measure in measures} - {""}) < 2
        and (not places or max(places) - min(places) < options.decimals_apart)
        and not any(_mixed_inside(text, measure) for text, measure in measures)
    )


def _is_size(text: ReadText, measure: Measure) -> bool:
    before = text.folded[max(0, measure.start - 8) : measure.start]
    # 流速215cm/s is no length.
    if text.folded[measure.end : measure.end + 1] == "/":
        return False
    return (
        not _NOT_A_SIZE.search(before)
        and text.assertion_at(measure.start, measure.end) is not Assertion.QUOTED
    )


def _kind(unit: str) -> str:
    if unit in _CENTIMETRES:
        return "cm"
    return "mm" if unit in _MILLIMETRES else ""


def _mixed_inside(text: ReadText, measure: Measure) -> bool:
    """3cm×20mm."""
    if len(measure.values) < 2:
        return False
    written = text.folded[measure.start : measure.end]
    return any(u in written for u in _MILLIMETRES) and any(u in written for u in _CENTIMETRES)


def _decimals(options: Options, reading: Texts, found: list[tuple[Section, Measure]]) -> Iterator[Issue]:
    digits = [(places, section, measure) for section, measure in found for places in measure.digits]
    if not digits:
        return
    few, many = min(digits, key=lambda d: d[0]), max(digits, key=lambda d: d[0])
    if many[0] - few[0] >= options.decimals_apart:
        where = reading.span(few[1], few[2].start, few[2].end)
        place = reading.span(many[1], many[2].start, many[2].end)
        yield options.issue(
            "unit_inconsistent", place, f"测量小数位数不统一：“{where.text}”与“{place.text}”。", (where,)
        )
