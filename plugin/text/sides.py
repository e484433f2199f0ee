"""Which side: 左 and 右 tied to the anatomy they belong to."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from plugin.text.assertion import Assertions
from plugin.text.matcher import Hit
from plugin.text.mention import Mention
from plugin.text.terms import Assertion, Term

_FILLER = re.compile(
    r"(?:[侧边旁叶全第\d、\-~前后上下中内外近远端深浅部底顶各诸组成骨处(]|其余|部分|大脑|所示|所见|多发|人工|胚胎型|(?:真菌|急|慢|亚急|化脓|陈旧|外伤|创伤|病理|先天|原发|继发|阻塞|增生|过敏|非特异|自发|张力|隐匿|发育|复发|特发|退行|感染|痛风|转移|包裹|局限|开放|闭合|粉碎|活动)性|大量|中量|中等量|少量|少许|微量|轻度|中度|重度|新鲜|体|区|面|缘|近段|远段|Ⅰ|Ⅱ|Ⅲ){0,7}$"
)
# Between two parts of an enumeration that share one side: 左侧额、顶叶及岛叶皮层下.
_JOINT = re.compile(r"^[^左右双两，。；:]{0,6}?[、及和与或/\-~][^左右双两，。；:]{0,4}$")
_PART = re.compile(r"^[的内之前后上下中部段叶侧缘区第\d]{0,4}$")
_AFFIRMED = Assertion.AFFIRMED
_HEADING = re.compile(r"(?:\(?\d{1,2}[.、)])?[左右]侧?[^左右双两\s、及和与]{0,3}(?:所见)?")
"""A clause that is nothing but a side, before a colon: 右耳, 左侧, 2.右眼."""
_SIDE_BY_SIDE = frozenset(("", "、", "及", "和", "侧、", "侧及", "侧和"))
"""What stands between two sides that are both meant: 左、右侧 and 双侧…以左侧为著."""


_BEHIND = re.compile(r"[叶侧]|(?<=侧)[上中下前后内外偏近尖底体基部段区份]{0,6}(?:可?见|[，。；]|$)")
"""What follows a side that is of the organ before it: 甲状腺左叶, 外周带左侧中部偏后见."""


def _stands_behind(text: str, previous: Mention, start: int, end: int) -> bool:
    """Whether a side is of the paired organ before it."""
    return (
        previous.term.paired
        and not previous.side
        and previous.end == start
        and _BEHIND.match(text, end) is not None
    )


def find_places(text: str, assertions: Assertions, hits: Sequence[Hit[Term | str]]) -> tuple[Mention, ...]:
    """Tie side words to the anatomy they stand at.

    A side reaches the anatomy right behind it, and on through an enumeration or into
    parts (左肾上极) until another side or the end of the clause; one that heads its sentence
    (右耳：) reaches all that is paired in it and has no side of its own.
    """
    # Made as tuples are: its own constructor takes twice as long.
    new = tuple.__new__
    places: list[Mention] = []
    side, side_end = "", -1
    previous: Mention | None = None
    starts, reached, said = assertions.starts, assertions.reached, assertions.in_clause
    clause = -1
    headed = _headings(text, assertions) if ":" in text else {}
    for start, end, value in hits:
        here = bisect_right(starts, start) - 1
        if here != clause:
            clause = here
            side, side_end, previous = "", -1, None
        if isinstance(value, str):
            if value and previous is not None and _stands_behind(text, previous, start, end):
                previous = places[-1] = previous._replace(side=value, side_stated=True)
            elif value:
                joined = side_end >= 0 and text[side_end:start] in _SIDE_BY_SIDE
                side = "B" if joined and {side, value} == {"L", "R"} else value
                side_end = end
            continue
        stated = False
        own = ""
        if side_end >= 0 and side != "C" and _FILLER.match(text[side_end:start]):
            own, stated = side, True
        elif previous is not None and previous.side and side_end <= previous.start:
            gap = text[previous.end : start]
            if len(gap) <= 12 and (_JOINT.match(gap) or _PART.match(gap)):
                own = previous.side
        if headed and not own and value.paired and clause >= 0:
            own = headed.get(assertions.clauses[clause].sentence, "")
        assertion = said(clause, start, end) if clause in reached else _AFFIRMED
        previous = new(Mention, (start, end, value, own, stated, clause, assertion))
        places.append(previous)
    return tuple(places)


def _headings(text: str, assertions: Assertions) -> dict[int, str]:
    """Sentences that a side heads, by number."""
    headed: dict[int, str] = {}
    last = -1
    for start, end, mark, sentence in assertions.clauses:
        if sentence != last and mark == ":" and _HEADING.fullmatch(text, start, end):
            headed[sentence] = "L" if "左" in text[start:end] else "R"
        last = sentence
    return headed
