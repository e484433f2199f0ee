"""Whether a conclusion is on another part than a finding, where the findings hold one of its own or call it sound.

Where they do not speak of it, the conclusion names the wrong bone or part: the finding is concluded on,
and other rules say what is wrong.  So it is with a wrong side.
"""

from __future__ import annotations

from collections.abc import Iterator

from plugin.rules.comparison.bones import bones_apart, bones_in
from plugin.rules.comparison.claims import PRESENT, Claim, claims_of, meet, opposite, sentence_of
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.denial_words import apart
from plugin.rules.comparison.levels import levels_differ, levels_of, may_name_levels
from plugin.rules.comparison.regions import LIMBS, SPINE
from plugin.rules.comparison.statements import Statement
from plugin.rules.comparison.structures import structures_in
from plugin.rules.texts import Texts
from plugin.text.lexicon import Lexicon
from plugin.text.mention import Mention
from plugin.text.reader import ReadText

_NUMBERED = SPINE | {"abdomen"}
"""Regions of vertebrae and of liver segments."""

_OF_VESSELS = frozenset(("occlusion", "stenosis", "aneurysm", "varices"))
"""Findings of vessels, which trunk and limbs do not share."""
CORONARY = frozenset(("lad", "lcx", "rca"))
"""Branches of the coronary arteries, each of which is concluded on by its name."""


_BRANCHES = frozenset(("lad", "lcx", "rca", "left_main"))
"""Coronary arteries, which bear their side in their name: a wrong one is a wrong side."""


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
    ) or any(
        # 第5掌骨骨质连续: what is concluded there is one thing, what was found is another.  内踝 and 外踝
        # are sides of one joint, and a wrong one is for laterality to say.
        bones_in(sound.text) and not bones_apart(sound.text, said) and not apart(found_at, said)
        for found_at in (_bones_said(reading, claim),)
        for sound in _called_sound(reading)
    )


def of_other_structure(reading: Texts, claim: Claim, clause: int) -> bool:
    """Whether a clause of the impression is on other ligaments or tendons, of which the findings speak by themselves.

    前交叉韧带撕裂 is no conclusion on a torn 后交叉韧带 where the former is sound, or torn as well.
    """
    said = reading.impression.clause_text(clause).lower()
    theirs = structures_in(said)
    ours = structures_in(sentence_of(reading.findings, claim.what.clause).lower()) if theirs else theirs
    if not ours or not ours.isdisjoint(theirs):
        return False
    return not apart(reading.findings.clause_text(claim.what.clause), said) and any(
        theirs & (named := structures_in(statement.text.lower()))
        and not ours & named
        and statement.state is not State.OPEN
        and not apart(statement.text, said)
        for statement in reading.findings_statements
    )


def _called_sound(reading: Texts) -> Iterator[Statement]:
    """Clauses of the findings that call their places sound."""
    return (statement for statement in reading.findings_statements if statement.state is State.SOUND)


def of_vessels_apart(claim: Claim, concluded: tuple[Mention, ...]) -> bool:
    """Whether a finding of vessels is of the chest and its conclusion of a limb, or the other way: 肺动脉栓塞, 股静脉血栓."""
    if claim.id not in _OF_VESSELS:
        return False
    ours, theirs = ({place.term.region for place in places} for places in (claim.places, concluded))
    return any(
        one == {"chest"} and other and other <= LIMBS for one, other in ((ours, theirs), (theirs, ours))
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
    ) or any(
        place.term.id in theirs and place.term.id not in _BRANCHES and sound.own
        for sound in _called_sound(reading)
        for place in sound.places
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
    ) or any(
        sound.own and sound.levels and sound.levels <= levels_of(theirs) for sound in _called_sound(reading)
    )


def of_own_level(reading: Texts, claim: Claim, other: Claim) -> bool:
    """Whether a conclusion of another kind is on other vertebrae, where the findings hold it: 许莫氏结节 of L2."""
    theirs = reading.impression.clause_text(naming_clause(other))
    if not claim.places or claim.places[-1].term.region not in _NUMBERED or not may_name_levels(theirs):
        return False
    return levels_differ(levels_said(reading, claim), theirs) and any(
        same_kind(found, other)
        and found.assertion in PRESENT
        and levels_of(levels_said(reading, found)) & levels_of(theirs)
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
