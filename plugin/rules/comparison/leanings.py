"""Where a thing leans: 左侧为著, 左多右少, 鼻中隔左偏, 胸段右凸, 左侧较右侧纤细, in one section against the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from plugin.domain.issue import Section, Span
from plugin.rules.texts import Texts
from plugin.text.reader import ReadText

Leaning = tuple[Span, Span, str]
"""Place in the impression, place in the findings, and what is opposed."""

_OTHER = {"左": "右", "右": "左"}
_MOST = 12
"""Leanings of a section that are compared; no report has more."""


def leanings(reading: Texts) -> Iterator[Leaning]:
    """Words of the impression that lean to the side from which the findings lean away."""
    yield from _stress(reading)
    yield from _towards(reading)
    yield from _than_the_other(reading)
    yield from _feebler_than_the_other(reading)


# What is more on the left; and what is less on the right, which says the same.
_MORE = re.compile(
    r"(?P<side>[左右])(?:侧?(?:(?:(?:较|更|稍)?(?:为|较)?(?:著|显著|明显|重|甚)|为主|居多|较多)(?!性|移位|偏)"
    r"|(?P<less>(?:积液|病变|范围)?(?:较|稍|略|相对)[少轻]|为轻)(?=[，。；、)\n]|$)"
    r"|(?:较|多于|大于|重于|>)(?P<than>[左右])侧?(?:明显|显著|为著|多|重|著)?(?=[，。；、)\n]|$))"
    r"|多(?P<few>[左右])少|侧?[^，。；、:\n左右双两以]{1,6}(?:为著|为甚|尤著|为重|为主))"
)


_HINT = re.compile(r"[著甚重轻多少于较>]|明显|为主")


class _Stressed(NamedTuple):
    """A side that something is more of, where that stands, and of what regions its sentence speaks."""

    side: str
    start: int
    end: int
    regions: frozenset[str]


def _stressed(text: ReadText) -> list[_Stressed]:
    if _HINT.search(text.text) is None:
        return []
    found = []
    for match in _MORE.finditer(text.text):
        if match["than"] == match["side"] or match["few"] == match["side"]:
            continue
        side = _OTHER[match["side"]] if match["less"] else match["side"]
        start, end = text.sentence_at(match.start())
        regions = {place.term.region for place in text.anatomy if start <= place.start < end}
        # 左心房为著 is said of the heart, whatever its sentence names beside it.
        if match[0].startswith("心", 1):
            regions = {"heart"}
        found.append(_Stressed(side, *match.span(), frozenset(regions - {""})))
    return found[:_MOST]


def _stress(reading: Texts) -> Iterator[Leaning]:
    """双侧…以左侧为著 in the findings, and 右侧为著 in the impression."""
    said = _stressed(reading.impression)
    if len(said) != 1:
        return
    here = said[0]
    found = [
        there
        for there in _stressed(reading.findings)
        if not here.regions or not there.regions or not here.regions.isdisjoint(there.regions)
    ]
    if not found or len(found) > 2 or any(there.side == here.side for there in found):
        return
    place = reading.span(Section.IMPRESSION, here.start, here.end)
    yield place, reading.span(Section.FINDINGS, found[0].start, found[0].end), "左右"


_TOWARDS = re.compile(
    r"(?P<what>鼻中隔|中线(?:结构)?|气管|垂体柄|纵隔)(?:[^，。；\n左右居]{0,6}?)(?:(?:向|偏)?(?P<side>左|右)侧?[^，。；\n左右]{0,4}?[偏移弯曲凸]|偏(?P<off>左|右))"
)
_OFF = re.compile(r"偏(?P<side>左|右)侧?(?![移斜曲])")
_CURVED = re.compile(
    r"(?P<what>颈胸段|胸腰段|腰骶段|上胸段|颈段|胸段|腰段|颈椎|胸椎|腰椎|胸腰椎|脊柱|主弯)(?:(?!段|椎)[^，。；\n左右]){0,9}，?"
    r"(?:凸(?:侧)?[向朝](?P<side>[左右])|[向呈]?(?P<off>[左右])侧?凸(?!缘))"
)
_CURVES = {"颈椎": "颈段", "胸椎": "胸段", "腰椎": "腰段", "胸腰椎": "胸腰段"}


def _towards(reading: Texts) -> Iterator[Leaning]:
    """鼻中隔左偏 beside 鼻中隔向右偏曲, 胸段右凸 beside 胸段凸向左侧."""
    text = reading.impression.text
    for pattern, word in ((_TOWARDS, ""), (_OFF, "偏"), (_CURVED, "凸")):
        if word not in text:
            continue
        said = _directions(pattern, reading.impression.text)
        found = _directions(pattern, reading.findings.text) if said else {}
        for what, (sides, here) in said.items():
            there = found.get(what)
            if there is None or len(sides) != 1 or len(there[0]) != 1 or sides == there[0]:
                continue
            place = reading.span(Section.IMPRESSION, *here)
            yield place, reading.span(Section.FINDINGS, *there[1]), "左右"


def _directions(pattern: re.Pattern[str], text: str) -> dict[str, tuple[set[str], tuple[int, int]]]:
    """What goes to a side, to which sides it goes and where the text says so first."""
    result: dict[str, tuple[set[str], tuple[int, int]]] = {}
    for match in pattern.finditer(text):
        groups = match.groupdict()
        what = (groups.get("what") or "").replace("结构", "")
        side = groups.get("off") or groups["side"]
        sides, _ = result.setdefault(_CURVES.get(what, what), (set(), match.span()))
        sides.add(side)
    return result


_COMPARED = re.compile(
    r"(?P<side>[左右])侧?(?P<what>[^，。；:\n左右双对]{2,14})[较比](?P<other>[左右]|对)侧?(?:稍|略|明显|轻度|显著|发育)*"
    r"(?P<how>纤细|[细窄小短薄低粗大宽高厚长])(?=[，。；、(\n]|$)"
)
_FEEBLER = re.compile(
    r"(?P<side>[左右])侧?(?P<what>[^，。；:\n左右双对]{1,8}?)(?:强化|灌注|显影|密度)(?:程度)?[较比](?P<other>[左右]|对)侧?(?P=what)?"
    r"(?:稍|略|明显|轻度|显著)*(?:减低|降低|减弱|减淡|延迟)"
)
_FEEBLE = r"(?P<side>[左右])侧?{}(?:[^，。；、:\n左右双两]{{0,4}})(?:强化|灌注|显影|密度)[^，。；、:\n左右双两]{{0,4}}(?:减低|降低|减弱|减淡|延迟)"
_SMALL = {"纤细": "细", "窄": "细", "小": "小"}


def _than_the_other(reading: Texts) -> Iterator[Leaning]:
    """左侧A1段较右侧纤细, and 右侧A1段发育纤细 concluded."""
    if "较" not in reading.findings.text and "比" not in reading.findings.text:
        return
    for match in _COMPARED.finditer(reading.findings.text):
        if match["other"] == match["side"]:
            continue
        tail, how = match["what"][-2:], _SMALL.get(match["how"], match["how"])
        said: dict[str, tuple[int, int]] = {}
        for side, start in _sided_with(reading.impression.text, tail, how):
            said.setdefault(side, (start, start + 1))
        if said.keys() == {_OTHER[match["side"]]}:
            (start, _) = said[_OTHER[match["side"]]]
            clause = reading.impression.clause_at(start)
            place = reading.span(Section.IMPRESSION, start, clause.end)
            yield place, reading.span(Section.FINDINGS, *match.span()), "左右"
            return


def _feebler_than_the_other(reading: Texts) -> Iterator[Leaning]:
    """左肾强化程度较右肾减低, and 右肾灌注减低 concluded."""
    text = reading.impression.text
    for match in islice(_FEEBLER.finditer(reading.findings.text), _MOST):
        if match["other"] == match["side"]:
            continue
        said = list(islice(re.finditer(_FEEBLE.format(re.escape(match["what"])), text), _MOST))
        if said and all(again["side"] == _OTHER[match["side"]] for again in said):
            place = reading.span(Section.IMPRESSION, *said[0].span())
            yield place, reading.span(Section.FINDINGS, *match.span()), "左右"
            return


def _sided_with(text: str, tail: str, how: str) -> Iterator[tuple[str, int]]:
    """Sides that stand before a place (its last two characters) and, behind it, before a quality."""
    pattern = re.compile(
        rf"(?P<side>[左右])侧?[^，。；、:\n左右双两]{{0,10}}{re.escape(tail)}[^，。；、:\n左右]{{0,6}}{how}"
    )
    for match in pattern.finditer(text):
        yield match["side"], match.start()
