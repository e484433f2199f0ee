"""Sizes that the findings give without judging them, so that the impression may: 胆总管直径约0.9cm."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

from plugin.rules.comparison.clause_state import State
from plugin.rules.texts import Texts

_START = attrgetter("start")
OF_SIZE = frozenset(("dilatation", "enlarged", "thickening", "atrophy", "coarse", "slender", "stenosis"))
"""Observations that a measure bears out."""


def only_measured(reading: Texts, clause: int) -> bool:
    """Whether a clause of the impression judges the size of what the findings measured under its very name.

    肝内外胆管无扩张，胆总管直径约0.9cm beside 胆总管轻度增宽: the writer found the figure wide after all.
    """
    said = next((s for s in reading.impression_statements if s.clause == clause), None)
    if said is None or not said.observed or not said.observed <= OF_SIZE:
        return False
    words = {(place.word, place.term.id) for place in said.places if place.word}
    measures = reading.findings.measures
    for found in reading.findings_statements:
        if (
            found.state is State.OPEN
            and not found.named_at
            and any((p.word, p.term.id) in words for p in found.places)
        ):
            at = bisect_left(measures, found.start, key=_START)
            if at < len(measures) and measures[at].start < found.end:
                return True
    return False
