"""Findings that lie beside what their clause names, and so in no organ that it names: 子宫左后方见肿块."""

from __future__ import annotations

import re

from plugin.rules.comparison.claims import ORGANS_IN, Claim, compatible
from plugin.rules.texts import Texts
from plugin.text.mention import Mention

_BESIDE = re.compile(r"[左右]?(?:[前后上下内外侧]{1,2}方|旁|与?之间|间隙|[上下](?=[)见探]))")


def lies_beside(reading: Texts, found: Claim, concluded: tuple[Mention, ...]) -> bool:
    """Whether something is seen beside an organ, in a region where the impression concludes on another."""
    # Nodes beside an organ are of no other.
    if found.id == "lymphadenopathy" or not found.places:
        return False
    if not _BESIDE.match(reading.findings.text, found.places[-1].end):
        return False
    last = found.places[-1]
    return last.term.region in ORGANS_IN and any(
        place.term.region == last.term.region and compatible(place.side, last.side) for place in concluded
    )
