"""Sizes that the findings give without judging them, so that the impression may: 胆总管直径约0.9cm."""

from __future__ import annotations

import re
from bisect import bisect_left
from operator import attrgetter

from plugin.rules.comparison.claims import Claim
from plugin.rules.comparison.clause_state import State
from plugin.rules.texts import Texts

_START = attrgetter("start")
OF_SIZE = frozenset(("dilatation", "enlarged", "thickening", "atrophy", "coarse", "slender", "stenosis"))
"""Observations that a measure bears out."""


def has_size(reading: Texts, claim: Claim) -> bool:
    """Whether a measure follows it in its sentence."""
    _, end = reading.findings.sentence_at(claim.what.start)
    measures = reading.findings.measures
    following = bisect_left(measures, claim.what.end, key=_START)
    return following < len(measures) and measures[following].start < end


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


_SPLEEN = re.compile(r"脾脏?[^。；\n]{0,12}?厚(?:径|度)?约?(?P<size>\d+(?:\.\d+)?) ?(?P<unit>[cm]m)")
_LARGE = re.compile(r"脾[^。；\n]{0,20}?(?:(?<!不)大(?!小|者)|肋单元|饱满|超|长(?:径|度)?约?1[2-9])")
_USUAL_MM = 40.0
"""Thickness up to which no spleen is enlarged."""


def measured_as_usual(reading: Texts, said: Claim) -> bool:
    """Whether what is concluded to be enlarged was measured, found no larger than usual, and called large by nobody."""
    if said.id != "enlarged" or not any(place.term.id == "spleen" for place in said.places):
        return False
    size = _SPLEEN.search(reading.findings.folded)
    if size is None or _LARGE.search(reading.findings.folded):
        return False
    return float(size["size"]) * (10 if size["unit"] == "cm" else 1) <= _USUAL_MM
