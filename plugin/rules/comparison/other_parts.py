"""Whether a conclusion is on another part than a finding, where the findings hold one of its own.

Without one there, the conclusion names the wrong side, bone or part: the finding is concluded on, and
other rules say what is wrong.
"""

from __future__ import annotations

from plugin.rules.comparison.bones import bones_apart, bones_in
from plugin.rules.comparison.claims import PRESENT, Claim, claims_of, meet, opposite
from plugin.rules.comparison.levels import levels_differ, levels_of, may_name_levels
from plugin.rules.comparison.regions import SPINE
from plugin.rules.texts import Texts
from plugin.text.lexicon import Lexicon
from plugin.text.mention import Mention
from plugin.text.reader import ReadText

_NUMBERED = SPINE | {"abdomen"}
"""Regions of vertebrae and of liver segments."""

CORONARY = frozenset(("lad", "lcx", "rca"))
"""Branches of the coronary arteries, each of which is concluded on by its name."""


def same_kind(some: Claim, other: Claim) -> bool:
    """Whether two claims are of one observation, or of one group of them."""
    group = some.what.term.group
    return some.id == other.id or bool(group and other.what.term.group == group)


def of_other_side(reading: Texts, claim: Claim, concluded: tuple[Mention, ...], *, alike: bool) -> bool:
    """Whether a conclusion is on the other side.  `alike`: only a finding of the same kind counts there."""
    ours = {place.side for place in claim.places if place.side}
    theirs = {place.side for place in concluded if place.side}
    if len(ours) != 1 or len(theirs) != 1 or "B" in ours or theirs != {opposite(*ours)}:
        return False
    related = reading.lexicon.related
    return any(
        side in theirs
        and (not alike or what == claim.id or (group and group == claim.what.term.group))
        and any(related(name, other.term.id) for other in concluded)
        for what, group, side, name in reading.findings.derived(_sided)
    )


def _sided(findings: ReadText) -> frozenset[tuple[str, str, str, str]]:
    """What the findings see on a side: observation, its group, side and anatomy, each once."""
    return frozenset(
        (claim.id, claim.what.term.group, place.side, place.term.id)
        for claim in findings.derived(claims_of)
        if claim.assertion in PRESENT
        for place in claim.places
        if place.side
    )


def of_other_bone(reading: Texts, claim: Claim, clause: int) -> bool:
    """Whether a clause of the impression is on other bones than a fracture, which are broken too: 跖骨, not 跟骨."""
    said = reading.impression.clause_text(clause)
    if not bones_differ(reading, claim, said):
        return False
    return any(
        found.id == "fracture"
        and found.assertion in PRESENT
        and bones_in(naming := _bones_said(reading, found))
        and bones_in(said)
        and not bones_apart(naming, said)
        for found in reading.findings_claims
    )


def bones_differ(reading: Texts, claim: Claim, said: str) -> bool:
    """Whether a clause names bones, a claim of the findings too, and none in common."""
    return bool(bones_in(said)) and bones_apart(_bones_said(reading, claim), said)


def of_other_part(
    reading: Texts, claim: Claim, other: Claim, named: tuple[Mention, ...], general: frozenset[str]
) -> bool:
    """Whether a conclusion of the same kind is on another part: 半月板, not 交叉韧带.

    `named` is where the claim is; anatomy in `general` is too wide to tell parts by.
    """
    # Bones share terms, and are told apart by their names.
    if claim.id == "fracture":
        return False
    lexicon = reading.lexicon
    ours = _finest(lexicon, {place.term.id for place in named})
    theirs = _finest(lexicon, {place.term.id for place in other.places} - general)
    if not ours or not theirs:
        return False
    # One branch of a coronary artery is never meant for another.
    if ours.isdisjoint(theirs) and ours | theirs <= CORONARY:
        return True
    for one in ours:
        if not theirs.isdisjoint(lexicon.relatives(one)):
            return False
    concluded = tuple([place for place in other.places if place.term.id in theirs])
    return any(
        same_kind(found, claim) and found.assertion in PRESENT and meet(lexicon, found.places, concluded)
        for found in reading.findings_claims
    )


def _finest(lexicon: Lexicon, names: set[str]) -> set[str]:
    """Anatomy without the wholes of what is named with them: 半月板, of 右膝半月板."""
    wholes = {whole for name in names for whole in lexicon.ancestors(name)[1:]} if len(names) > 1 else set()
    return names - wholes


def of_other_level(reading: Texts, claim: Claim, clause: int) -> bool:
    """Whether a clause of the impression is on other vertebrae or liver segments: L4/5, not L2/3."""
    if not claim.places or claim.places[-1].term.region not in _NUMBERED:
        return False
    theirs = reading.impression.clause_text(clause)
    if not may_name_levels(theirs) or not levels_differ(levels_said(reading, claim), theirs):
        return False
    return any(
        same_kind(found, claim)
        and found.assertion in PRESENT
        and may_name_levels(said := levels_said(reading, found))
        and not levels_differ(said, theirs)
        for found in reading.findings_claims
    )


def levels_said(reading: Texts, claim: Claim) -> str:
    """The clause of a claim of the findings, or else the one that names its place."""
    said = reading.findings.clause_text(claim.what.clause)
    if not levels_of(said) and claim.places:
        return reading.findings.clause_text(claim.places[-1].clause)
    return said


def naming_clause(claim: Claim) -> int:
    """The clause that names where a claim is: L1压缩骨折, 考虑血管瘤."""
    return claim.places[-1].clause if claim.places else claim.what.clause


def _bones_said(reading: Texts, claim: Claim) -> str:
    """The clause of a claim of the findings, or, where it names no bone, those that name its place."""
    text = reading.findings
    own = text.clause_text(claim.what.clause)
    if bones_in(own):
        return own
    return " ".join(text.clause_text(index) for index in dict.fromkeys(p.clause for p in claim.places))
