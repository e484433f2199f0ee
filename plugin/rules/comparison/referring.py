"""Clauses of the findings that speak again of what an earlier one has seen: 上述肿块动脉期约58HU."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from plugin.rules.comparison.claims import opposite
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.examined_side import side_and_place
from plugin.rules.comparison.statements import statements_of
from plugin.text.reader import ReadText

_AGAIN = re.compile(r"上述|前述|该(?=病|结节|肿|占位|囊)")
_SEEN = re.compile(r"见(?<![未可]见)")
_SHORT = 12
"""Characters between a place and the word that refers to what lies there."""


def speaks_again(said: str) -> bool:
    """Whether a clause goes on about what was seen before, and sees nothing beside it."""
    again = _AGAIN.search(said)
    return again is not None and not _SEEN.search(said, again.end())


_WITHIN = re.compile(
    r"(?<![^，。；:\n])(?P<side>[左右])侧?(?P<organ>[^，。；:、\n左右双两]{1,4}?)(?P<what>肿块|占位|肿物|团块|病灶|结节|囊肿)"
    r"(?:内部?|中心|边缘)(?=见|可见|未见|密度|信号|强化)"
)
"""A thing that is spoken of from within, as only what was seen before is: 右肾肿块内见坏死."""
_MOST = 20


def _within_across(text: ReadText) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Things spoken of from within on a side of the organ that nothing was said of, each with the one seen."""
    for match in islice(_WITHIN.finditer(text.text), _MOST):
        before = text.text[: match.start()]
        other = "左" if match["side"] == "右" else "右"
        organ = re.escape(match["organ"])
        if re.search(rf"[{match['side']}双两]侧?{organ}", before):
            continue
        seen = list(
            re.finditer(rf"{other}侧?{organ}(?:(?!未|无)[^。；\n左右双两]){{0,16}}{match['what']}", before)
        )
        if len(seen) == 1:
            yield match.span(), seen[0].span()


def referred_across(text: ReadText) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Places of what was seen before, on the side where nothing was: each with where it was seen."""
    yield from _within_across(text)
    if _AGAIN.search(text.text) is None:
        return
    statements = text.derived(statements_of)
    for index, said in enumerate(statements):
        again = _AGAIN.search(said.text)
        if again is None or said.named_at or not speaks_again(said.text):
            continue
        before = statements[:index]
        for place in said.places:
            end = place.start + len(place.word)
            if not opposite(place.side) or not 0 <= again.start() - end <= _SHORT:
                continue
            sides = {
                p.side for s in before for p in s.places if p.term is place.term and s.state is State.SEEN
            }
            if sides != {opposite(place.side)}:
                continue
            for other in before:
                for there in other.places:
                    if there.term is place.term and other.state is State.SEEN and not other.named_at:
                        here = side_and_place(text, said.start + place.start, len(place.word))
                        yield here, side_and_place(text, other.start + there.start, len(there.word))
                        return
