"""测量值不合常理: a kidney of 10.5 m, a nodule of 200 mm, a lost decimal point (5.3 b)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Issue, Section
from plugin.rules.texts import Texts
from plugin.rules.validators.base import TextRuleOptions
from plugin.text.reader import ReadText

_LONG = re.compile(
    r"全长|全脊柱|下肢|长约.{0,2}$|导管|引流管|距离?|层面|视野|动脉|静脉|肠|范围|间距|深度|高度|身高"
)
_MINUTE = re.compile(r"(?:微小?|粟粒)[^，。；\n]{0,10}$|微小?结节[^。；\n]{0,24}$")
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
    """

    longest_mm: dict[str, float]
    minute_mm: float = 12.0
    ratio: float = 9.0
    organs_mm: dict[str, tuple[float, float]] = {}


def check(options: Options, reading: Texts) -> Iterator[Issue]:
    """Compare each measure with what there can be."""
    longest = options.longest_mm.get(reading.modality, max(options.longest_mm.values()))
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
            yield options.issue("measurement_implausible", place, fault.format(place.text))
        for start, end in text.derived(_beyond_ct):
            place = reading.span(section, start, end)
            yield options.issue("measurement_implausible", place, f"“{place.text}”超出CT值的范围。")
    yield from _organs(options, reading)


def _beyond_ct(text: ReadText) -> list[tuple[int, int]]:
    """CT values that no tissue and no metal has."""
    return [match.span() for match in _HU.finditer(text.folded) if not -1100 <= int(match[1]) <= 4000]


def _organs(options: Options, reading: Texts) -> Iterator[Issue]:
    """Organs that are measured themselves: 左肾大小约10.5m×5cm, 脾厚约3mm."""
    text = reading.findings
    organs = options.organs_mm
    measured = [mention for mention in text.anatomy if mention.term.id in organs] if text.measures else ()
    for mention in measured:
        limits = organs[mention.term.id]
        match = re.match(r"(?:大小|长径|体积|长)(?:约为?|为)?", text.text[mention.end : mention.end + 6])
        if not match:
            continue
        at = mention.end + match.end()
        measure = next((m for m in text.measures if at <= m.start <= at + 1), None)
        if measure and not limits[0] <= max(measure.values_mm) <= limits[1]:
            place = reading.span(Section.FINDINGS, measure.start, measure.end)
            word = text.text[mention.start : mention.end]
            yield options.issue(
                "measurement_implausible", place, f"{word}测量“{place.text}”不合常理，疑单位或小数点有误。"
            )
