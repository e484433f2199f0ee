"""Where findings must lie to bear out a conclusion: on its side, at its organ, bone or ligament."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from plugin.kit.registry import Options
from plugin.rules.comparison.bones import bones_apart, bones_in, bones_named, rays_named
from plugin.rules.comparison.claims import ORGANS_IN, TOLD_APART, Claim, across, elsewhere, meet, opposite
from plugin.rules.comparison.descriptions import Description
from plugin.rules.comparison.structures import structures_in
from plugin.rules.texts import Texts
from plugin.text.mention import Mention
from plugin.text.reader import ReadText

PRAISED = re.compile(
    r"(?<!失去)(?<!未见)(?<!不)正常|如常|未见异常|不大|不厚|无肿大|无增大|良好|(?<![不欠])(?:完整|连续|清晰|通畅|对称|规整|光[滑整]|锐利|均匀)(?!性|中断|[稍弥]?[^，。；]{0,3}[减降增强])"
)
"""What calls a place sound."""
_OTHERS = re.compile("余|其[他它]")
_CORONARY = frozenset(("左主干", "前降支", "回旋支", "右冠", "对角支", "钝缘支"))
"""Branches that share no stenosis."""
_BONES = frozenset(
    ("iliac_bone", "clavicle", "scapula", "humerus", "proximal_humerus", "femur", "femoral_head")
)
"""Bones of the limbs, which no organ of the trunk is part of."""
_JOINING = "、及和"
"""Between two observations of one clause."""
_MOST_ASKED = 60
"""Other conclusions that may speak of what was found; no report has more."""
_MOST_BACK = 12
"""Clauses back to the part that one without any is of."""


class Scope(Options):
    """Where a sign may lie and still bear out a conclusion.

    Parameters
    ----------
    general
        Anatomy too wide to be asked for by name.
    tracts, spreading
        Organs in a row, and observations that are of all of them where one has them.
    bordering
        Anatomy that borders on all else in its region: a sign at any organ may be one of it.
    seen_at
        Anatomy to that which findings may name in its stead: 脑沟内高密度 is 蛛网膜下腔出血.
    """

    general: frozenset[str] = frozenset()
    tracts: tuple[frozenset[str], ...] = ()
    spreading: frozenset[str] = frozenset()
    bordering: frozenset[str] = frozenset()
    seen_at: dict[str, frozenset[str]] = {}


def not_at(reading: Texts, places: tuple[Mention, ...], how: Description) -> bool:
    """Whether it was seen at other anatomy than that which the conclusion's name holds."""
    related = reading.lexicon.related
    return (
        bool(how.at)
        and bool(places)
        and not any(related(place.term.id, name) for place in places for name in how.at)
    )


def of_other_parts(reading: Texts, clause: int, said: Claim, how: Description) -> bool:
    """Whether a clause of the findings is of other bones than the conclusion, or of other structures."""
    if not (how.by_bone or how.by_structure):
        return False
    parts_in = structures_in if how.by_structure else bones_in
    ours = parts_in(folded_clause(reading, said))
    if not ours:
        return False
    theirs = _parts_at(reading.findings, clause, parts_in)
    if ours & theirs:
        return how.by_bone and _other_ray(reading, clause, said)
    if theirs and ours | theirs <= _CORONARY:
        return True
    if not theirs:
        return how.by_structure and _only_praised(reading.findings, ours)
    # What is concluded of the others is theirs; nothing concluded of them, the wrong one is named.
    impression = reading.impression
    named_in = structures_in if how.by_structure else bones_named
    return any(
        theirs & named_in(impression.folded[other.start : other.end])
        for index, other in enumerate(impression.clauses[:_MOST_ASKED])
        if index != said.what.clause
    )


def _other_ray(reading: Texts, clause: int, said: Claim) -> bool:
    """Whether a clause is of a bone of another number, where that of the conclusion is called sound."""
    here = folded_clause(reading, said)
    if not rays_named(here) or not bones_apart(_naming_rays(reading.findings, clause), here):
        return False
    return any(
        PRAISED.search(text) and rays_named(text) and not bones_apart(text, here)
        for text in (reading.findings.clause_text(index) for index in range(len(reading.findings.clauses)))
    )


def _naming_rays(text: ReadText, clause: int) -> str:
    """The clause, or else the nearest before it in its sentence, that names bones by number."""
    sentence = text.clauses[clause].sentence
    for before in range(clause, max(clause - _MOST_BACK, -1), -1):
        if text.clauses[before].sentence != sentence:
            break
        if rays_named(said := text.clause_text(before)):
            return said
    return ""


def _only_praised(findings: ReadText, structures: frozenset[str]) -> bool:
    """Whether the findings name these, and only to call them sound: what names none is not theirs then."""
    named = [
        findings.clause_text(index)
        for index, names in findings.derived(_structures_by_clause).items()
        if not structures.isdisjoint(names)
    ]
    return bool(named) and all(PRAISED.search(said) and not _OTHERS.search(said) for said in named)


def _structures_by_clause(text: ReadText) -> dict[int, frozenset[str]]:
    return {
        index: names
        for index, clause in enumerate(text.clauses)
        if (names := structures_in(text.folded[clause.start : clause.end]))
    }


def _parts_at(text: ReadText, clause: int, parts_in: Callable[[str], frozenset[str]]) -> frozenset[str]:
    """The parts that a clause names, or else the nearest clause before it in its sentence."""
    sentence = text.clauses[clause].sentence
    for before in range(clause, max(clause - _MOST_BACK, -1), -1):
        here = text.clauses[before]
        if here.sentence != sentence:
            break
        if parts := parts_in(text.folded[here.start : here.end]):
            return parts
    return frozenset()


def folded_clause(reading: Texts, said: Claim) -> str:
    here = reading.impression.clauses[said.what.clause]
    return reading.impression.folded[here.start : here.end]


def own_places(reading: Texts, said: Claim) -> tuple[Mention, ...]:
    """The anatomy that a conclusion names for itself.

    左侧肋骨骨折，左侧气胸 and 脾大、静脉曲张: what is named before it is no place of the second.
    """
    if not said.own:
        return ()
    if reading.impression.text[said.what.start - 1] in _JOINING and any(
        other.what.end == said.what.start - 1 for other in reading.impression_claims
    ):
        return ()
    return said.places


def spoken_for(scope: Scope, reading: Texts, found: Claim, said: Claim, places: tuple[Mention, ...]) -> bool:
    """Whether something found at another place is what another conclusion is of: 肋骨骨折 beside 锁骨骨折."""
    lexicon = reading.lexicon
    # 周围软组织肿胀 is of any bone, and so is 骨质增生.
    if not found.places or not places or not all(p.term.region for p in (*found.places, *places)):
        return False
    if not _apart(scope, reading, found.places, places):
        return False
    alike, kin = lexicon.alike(found.id), lexicon.alike(said.id)
    return any(
        other.what.clause != said.what.clause
        and (
            (other.id in alike and (found.id == said.id or other.id in kin))
            or other.id in (said.id, found.id)
        )
        and meet(lexicon, other.places, found.places)
        and not meet(lexicon, other.places, places)
        for other in reading.impression_claims[:_MOST_ASKED]
    )


def _apart(scope: Scope, reading: Texts, some: tuple[Mention, ...], others: tuple[Mention, ...]) -> bool:
    """Whether two sets of places are on two sides, of two organs, or of two bones."""
    if all(opposite(one.side) == other.side != "" for one in some for other in others):
        return True
    lexicon = reading.lexicon
    if all(place.term.region in TOLD_APART for place in (*some, *others)):
        return elsewhere(lexicon, some, others, scope.general)
    return not any(lexicon.related(one.term.id, other.term.id) for one in some for other in others)


def swapped(scope: Scope, reading: Texts, seen: Claim, places: tuple[Mention, ...]) -> bool:
    """Whether it was seen on the other side, and is concluded nowhere there: then the side is wrong."""
    lexicon = reading.lexicon
    if elsewhere(lexicon, seen.places, places, scope.general):
        return False
    return not any(meet(lexicon, seen.places, claim.places) for claim in reading.impression_claims)


def is_away(
    scope: Scope, reading: Texts, what: str, some: tuple[Mention, ...], others: tuple[Mention, ...]
) -> bool:
    """Whether what is seen at `some` says nothing of `what` at `others`."""
    lexicon = reading.lexicon
    if across(lexicon, some, others):
        return True
    if what in scope.spreading and in_one_tract(scope, some, others):
        return False
    # Nodules of the prostate are none of the hip bone.
    if (
        some
        and others
        and all(place.term.id in _BONES for place in others)
        and all(place.term.region in ORGANS_IN for place in some)
    ):
        return True
    if any(place.term.id in scope.bordering or named_instead(scope, some, place) for place in others):
        return False
    return elsewhere(lexicon, some, others, scope.general)


def named_instead(scope: Scope, some: Iterable[Mention], place: Mention) -> bool:
    """Whether one of `some` may be named in the stead of a place."""
    stead = scope.seen_at.get(place.term.id)
    return stead is not None and any(other.term.id in stead for other in some)


def in_one_tract(scope: Scope, some: tuple[Mention, ...], others: tuple[Mention, ...]) -> bool:
    """Whether both name an organ of one row: 输尿管 and 肾盂."""
    return any(
        any(place.term.id in tract for place in some) and any(place.term.id in tract for place in others)
        for tract in scope.tracts
    )
