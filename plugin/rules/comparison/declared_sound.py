"""Whether the findings declare an organ sound, on which the impression concludes."""

from __future__ import annotations

import re

from plugin.rules.comparison.claims import ORGANS_IN, Claim, denies, sentence_of
from plugin.rules.texts import Texts
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion

_SEEN = re.compile(r"(?<!未)(?<!不)见|呈|示|伴")
_REST = re.compile(r"余|其[他它]|另|周围|邻近")


def declared_sound(reading: Texts, said: Claim, general: frozenset[str]) -> bool:
    """Whether the findings say 未见异常 of this very organ."""
    organs = [place for place in said.places if place.term.region in ORGANS_IN]
    # 双肾未见异常密度影, and after contrast 双肾见无强化影: something was seen there after all.
    related = reading.lexicon.related
    if not organs or any(
        related(name, place.term.id) for name in reading.findings.derived(_seen) for place in organs
    ):
        return False
    return any(
        claim.id == "lesion"
        and claim.assertion is Assertion.DENIED
        and all(reading.lexicon.organs(general)[place.term.id] for place in claim.places)
        and denies(reading.lexicon, claim.places, tuple(organs))
        and not _REST.search(sentence_of(reading.findings, claim.what.clause))
        for claim in reading.findings_claims
    )


def _seen(findings: ReadText) -> frozenset[str]:
    """The anatomy of clauses in which something was seen."""
    named = {mention.clause for mention in findings.anatomy}
    seen = {clause for clause in named if _SEEN.search(findings.clause_text(clause))}
    return frozenset(mention.term.id for mention in findings.anatomy if mention.clause in seen)
