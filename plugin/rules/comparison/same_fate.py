"""What befell one of a pair by words that need no lexicon: 左乳术后缺如 found, 右乳术后缺如 concluded.

An organ that was taken out or never grew, and a chamber of the heart that is wide, are told of one
side; where each section tells it of one side alone, and not of the same, one of them has slipped.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from plugin.domain.issue import Section
from plugin.rules.comparison.crossed_sides import Crossed
from plugin.rules.texts import Texts

_GONE = re.compile(
    r"(?P<side>[左右双两])侧?(?P<what>乳|肺|肾上腺|肾(?!上腺)|卵巢|睾丸|眼球)"
    r"(?:(?![左右双两]|碎石|造瘘|支架|穿刺|消融|未见[^肾])[^，。；:\n]){0,8}?"
    r"(?:术后|切除|缺如|窝?空虚|未见肾影)"
)
"""An organ that is gone, or was operated on."""
_WIDE = re.compile(
    r"(?P<side>[左右双两])(?P<what>心?[房室])腔?(?:[轻中重]度|明显|[稍略亦均])?(?:增大|扩大|扩张)"
)
"""A chamber of the heart that is wide."""
_AIR = re.compile(
    r"(?P<side>[左右双两])(?:侧?胸腔内?可?见(?:(?:少|中|大)量)?(?:气体|积气|液气|气液)|侧?(?:少量|中量|大量)?[液血]?气胸(?!(?:已|基本|完全)?(?:吸收|消失)))(?P<what>)"
)
"""Air around a lung."""
_HERNIA = re.compile(
    r"(?P<side>[左右双两])(?:侧?(?:下?腹|内环|精索|阴囊)(?:(?![左右双两])[^。；\n]){0,50}[经沿自由](?:内环口?|腹股沟管?)"
    r"(?:(?![左右双两])[^，。；\n]){0,8}[突疝脱下进]|侧?腹股沟[区管]?(?:可复性|嵌顿性?|复发性?)?[斜直]?疝)(?P<what>)"
)
"""What came through the groin."""
_DOUBLE = re.compile(
    r"(?P<side>[左右双两])(?:(?![左右双两未无])[^，。；\n]){0,8}(?:[两双]套肾|重复(?:肾|输尿管|集合))(?P<what>)"
)
"""A kidney that drains by two ways."""
_FATES = (
    (_GONE, re.compile("术后|切除|缺如")),
    (_WIDE, re.compile("增大|扩大|扩张")),
    (_AIR, re.compile("气胸")),
    (_HERNIA, re.compile("疝")),
    (_DOUBLE, re.compile("重复")),
)
"""What befell them, and words without which a conclusion tells nothing of it."""
_AND = re.compile(r"[左右][^，。；:\n]{0,12}[、及和与]\Z")
_MOST = 20
"""Places of a section that are compared; no report has more."""


def same_fate(reading: Texts) -> Iterator[Crossed]:
    """Find what befell one side here, and the other there."""
    for fate, hint in _FATES:
        if hint.search(reading.impression.text) is None:
            continue
        said = _sides(fate, reading.impression.text)
        found = _sides(fate, reading.findings.text) if said else {}
        for what, sides in said.items():
            there = found.get(what, {})
            if len(sides) == len(there) == 1 and {*sides, *there} == {"左", "右"}:
                (here,), (where,) = sides.values(), there.values()
                yield reading.span(Section.IMPRESSION, *here), reading.span(Section.FINDINGS, *where), "左右"


def _sides(fate: re.Pattern[str], text: str) -> dict[str, dict[str, tuple[int, int]]]:
    """Organ or chamber to the sides of it that it befell, each with where first."""
    result: dict[str, dict[str, tuple[int, int]]] = {}
    for match in islice(fate.finditer(text), _MOST):
        what = match["what"].removeprefix("心")
        # 左、右心房增大 is of both.
        side = "双" if _AND.search(text[max(match.start() - 14, 0) : match.start()]) else match["side"]
        result.setdefault(what, {}).setdefault(side, match.span())
    return result
