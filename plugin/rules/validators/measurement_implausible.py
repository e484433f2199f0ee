"""测量值不合常理: a kidney of 10.5 m, a nodule of 200 mm, a lost decimal point (5.3 b)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from plugin.domain.issue import Issue, Section, Span
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.lexicon import Lexicon
from plugin.text.matcher import TermMatcher
from plugin.text.reader import ReadText
from plugin.text.vocabulary import Seeker

_LONG = re.compile(
    r"全长|全脊柱|下肢|长约.{0,2}$|导管|引流管|距离?|层面|视野|动脉|静脉|肠|范围|间距|深度|高度|身高"
)
_MINUTE = re.compile(r"(?:微小?|粟粒)[^，。；\n]{0,10}$|微小?结节[^。；\n]{0,24}$")
_SIZE = re.compile(r"(?:大小|长径|体积|长)(?:约为?|为)?")
_CALIBRE = re.compile(
    r"[轻中重度明显局部稍略呈]*(?:扩张|增宽|增粗|增厚|增高|增大)?[,，]?"
    r"(?:最宽处|最大|管腔)?[直内外管横前后]{0,2}(?:径|宽度?|厚度?|高度?)(?:约为?|为|达)?"
)
_HU = re.compile(r"ct值[^，。；\n]{0,6}?(-?\d{3,6})(?:\.\d+)?\s?hu")


class Options(TextRuleOptions):
    """Options of `measurement_implausible`.

    Parameters
    ----------
    longest_mm
        Modality to the longest thing it can show.
    minute_mm
        A 微小结节 is no longer.
    ratio
        Dimensions of one lesion further apart have lost a decimal point.
    organs_mm
        Anatomy id to the range of its greatest dimension, when it is measured itself.
    calibres_mm
        Word to the range of what is measured across it: its diameter, width, thickness or height.
    """

    longest_mm: dict[str, float]
    minute_mm: float = 12.0
    ratio: float = 9.0
    organs_mm: dict[str, tuple[float, float]] = {}
    calibres_mm: dict[str, tuple[float, float]] = {}

    @cached_property
    def calibres(self) -> TermMatcher[tuple[float, float]]:
        """What is measured across, with its range."""
        return TermMatcher(self.calibres_mm.items())

    def seekers(self, lexicon: Lexicon) -> tuple[Seeker, ...]:
        """What is measured across."""
        return (self.calibres,)


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Compare each measure with what there can be."""
    longest = options.longest_mm.get(reading.modality, max(options.longest_mm.values()))
    judged: set[Span] = set()
    for section, text in reading.sections:
        for measure in text.measures:
            greatest, least = max(measure.values_mm), min(measure.values_mm)
            if greatest > longest or (measure.unit == "m" and greatest > longest / 2):
                fault = "“{}”超出本检查可能的范围，疑单位或小数点有误。"
            elif greatest > options.minute_mm and _MINUTE.search(
                text.folded[max(0, measure.start - 30) : measure.start]
            ):
                fault = "微小结节记为“{}”，疑单位或小数点有误。"
            elif (
                len(measure.values_mm) > 1
                and least
                and greatest / least > options.ratio
                and not _LONG.search(text.folded, text.clause_at(measure.start).start, measure.start)
            ):
                fault = "“{}”各径线相差悬殊，疑漏小数点。"
            else:
                continue
            place = reading.span(section, measure.start, measure.end)
            judged.add(place)
            yield options.issue("measurement_implausible", place, fault.format(place.text))
        for start, end in text.derived(_beyond_ct):
            place = reading.span(section, start, end)
            yield options.issue("measurement_implausible", place, f"“{place.text}”超出CT值的范围。")
    yield from (issue for place, issue in _organs(options, reading) if place not in judged)


def _beyond_ct(text: ReadText) -> list[tuple[int, int]]:
    """CT values that no tissue and no metal has."""
    return [match.span() for match in _HU.finditer(text.folded) if not -1100 <= int(match[1]) <= 4000]


def _organs(options: Options, reading: Texts) -> Iterator[tuple[Span, Issue]]:
    """Organs that are measured themselves: 左肾大小约10.5m×5cm, 胆总管直径约85mm."""
    text = reading.findings
    if not text.measures:
        return
    sizes = [
        (mention.start, mention.end, options.organs_mm[mention.term.id], _SIZE)
        for mention in text.anatomy
        if mention.term.id in options.organs_mm
    ]
    calibres = [(start, end, limits, _CALIBRE) for start, end, limits in text.find(options.calibres)]
    for start, end, (least, greatest), dimension in [*sizes, *calibres]:
        named = dimension.match(text.folded, end)
        at = named.end() if named else -1
        measure = next((m for m in text.measures if named and at <= m.start <= at + 1), None)
        if measure and not least <= max(measure.values_mm) <= greatest:
            place = reading.span(Section.FINDINGS, measure.start, measure.end)
            word = text.text[start:end]
            fault = f"{word}测量“{place.text}”不合常理，疑单位或小数点有误。"
            yield place, options.issue("measurement_implausible", place, fault)
