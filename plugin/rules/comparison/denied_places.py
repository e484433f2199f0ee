"""Whether what the findings hold lies where a conclusion denies it, under another name of the place."""

from __future__ import annotations

from plugin.rules.comparison.claims import ORGANS_IN, Claim, compatible, denies, opposite
from plugin.rules.texts import Texts
from plugin.text.reader import ReadText
from plugin.text.terms import Assertion


def in_lobe(reading: Texts, denied: Claim, said: Claim) -> bool:
    """右叶中部见结节: of the organ that a sentence before named, whose lobes the findings go through."""
    statements = reading.findings_statements
    if said.what.clause >= len(statements) or not statements[said.what.clause].own:
        return False
    return any(
        site.side
        and any(
            place.term.id == site.term.id and compatible(place.side, site.side) for place in denied.places
        )
        for site in statements[said.what.clause].places
    )


def of_nodes(reading: Texts, denied: Claim, said: Claim, general: frozenset[str]) -> bool:
    """纵隔淋巴结未见肿大, and 纵隔内见肿大淋巴结: the nodes are a part of where they lie."""
    return said.id == "lymphadenopathy" and denies(
        reading.lexicon, tuple(p for p in said.places if p.term.id not in general), denied.places
    )


_TISSUES = ("关节", "滑膜", "软组织", "皮下")
"""Of what joint or limb these are, findings say once and for all."""


def same_tissue(reading: Texts, denied: Claim, said: Claim) -> bool:
    """左髋关节腔未见积液, and 关节腔内可见积液 in findings that name the joint elsewhere."""
    if any(place.term.region for place in said.places):
        return False
    if {p.term.id for p in said.places} & {p.term.id for p in denied.places if not p.term.region}:
        return True
    return named_elsewhere(reading, denied, said)


def named_elsewhere(reading: Texts, concluded: Claim, found: Claim) -> bool:
    """Whether the findings name only the tissue, in the words of the conclusion: 关节腔 of 左踝关节腔."""
    clause = reading.impression.clause_text(concluded.what.clause)
    there = found.what.clause
    words = (reading.findings.text[m.start : m.end] for m in reading.findings.anatomy if m.clause == there)
    return any(word in clause for word in words if word.startswith(_TISSUES))


def _spine_regions(text: ReadText) -> frozenset[str]:
    return frozenset(m.term.region for m in text.anatomy if m.term.region.endswith("spine")) - {"spine"}


def spine_only(reading: Texts, denied: Claim, said: Claim) -> bool:
    """椎体 without a level is of the one part of the spine that the findings speak of."""
    if not any(place.term.id == "spine" for place in said.places):
        return False
    levels = reading.findings.derived(_spine_regions)
    return levels <= {place.term.region for place in denied.places}


def of_other_side(reading: Texts, denied: Claim, said: Claim) -> bool:
    """Whether what is said, without a side, may be of the side that was not denied."""
    other = {opposite(place.side) for place in denied.places} - {""}
    if not other or any(place.side for place in said.places):
        return False
    regions = {place.term.region for place in denied.places}
    return any(
        m.side in other and (m.term.region in regions or m.term.region not in ORGANS_IN)
        for m in reading.findings.anatomy
    )


def concluded_by_name(reading: Texts, found: Claim, denied: Claim) -> bool:
    """Whether the impression holds it at a place called as in the findings, and denies what they deny.

    右跟骨骨折 beside 右足跖骨未见骨折: the heel is of the foot, but it is the other bones that both deny.
    """
    called = _called(reading.findings, found) - _called(reading.impression, denied)
    names = _called(reading.impression, denied)
    return any(
        claim.id == found.id
        and claim.assertion is not Assertion.DENIED
        and not called.isdisjoint(_called(reading.impression, claim))
        for claim in reading.impression_claims
    ) and any(
        claim.id == denied.id
        and claim.assertion is Assertion.DENIED
        and not names.isdisjoint(_called(reading.findings, claim))
        for claim in reading.findings_claims
    )


def _called(text: ReadText, claim: Claim) -> set[str]:
    """The words by which a section calls the places of a claim."""
    return {text.text[place.start : place.end] for place in claim.places}
