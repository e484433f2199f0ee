"""Whether a sentence of the findings is within the reach of a conclusion: of a region beside it, or a vertebra."""

from __future__ import annotations

from plugin.rules.comparison.claims import Claim
from plugin.rules.comparison.clause_places import regions_up_to
from plugin.rules.comparison.levels import vertebrae_differ
from plugin.rules.comparison.regions import WIDE, overlap, within_reach
from plugin.rules.texts import Texts

_MOST_TEXT = 300
"""Characters of a sentence that are read for its vertebrae, the last before a clause's end."""


def out_of_reach(reading: Texts, clause: int, said: Claim, bordering: frozenset[str]) -> bool:
    """Whether a clause of the findings tells of other regions than a conclusion, or of other vertebrae.

    What the sentence named before the clause counts; a conclusion without a place of its own
    (左侧肋骨骨折，左侧气胸), or at anatomy that is `bordering` on all else, is within reach of everything.
    """
    if not said.own or any(place.term.id in bordering for place in said.places):
        return False
    findings = reading.findings
    regions = {place.term.region for place in said.places if place.term.region}
    named = regions_up_to(findings, clause)
    # A joint lies in the reach of its limb, but not everything of the limb in that of the joint.
    if named and regions and not overlap(regions | (within_reach(regions) - WIDE), named):
        return True
    end = findings.clauses[clause].end
    start = max(findings.sentence_at(findings.clauses[clause].start)[0], end - _MOST_TEXT)
    return vertebrae_differ(findings.text[start:end], reading.impression.clause_text(said.what.clause))
