"""Findings that an impression leaves out among others like them: one coronary artery, lobe, meniscus, or pelvic bone.

What is concluded nearby would cover them, were it not that it names its own part.
"""

from __future__ import annotations

import re

from plugin.rules.comparison.claims import PRESENT, Claim
from plugin.rules.comparison.measured import has_size
from plugin.rules.comparison.other_parts import CORONARY, same_kind
from plugin.rules.texts import Texts

_CORONARIES = CORONARY | {"left_main"}
_TIGHT = re.compile("[中重]度|闭塞")
_OF_ALL_BRANCHES = re.compile(
    "[三多双两]支|[各余]支|分支|(?<!右)冠[状脉]*(?:动脉)?(?:系统)?[^，。；、]{0,4}狭窄"
)
"""What concludes on branches without naming each."""
_PELVIC_BONES = frozenset(("iliac_bone", "sacrum"))
_OF_PELVIC_BONE = re.compile("[髂坐耻骶尾]骨|骶翼")
_SPREAD = re.compile("骨[^，。；、]{0,3}转移")
_ON_BONE = re.compile("[骨髂骶坐耻尾椎]|(?<!淋巴结)转移")
_MENISCUS = "半月板"
_MENISCI = re.compile("(?P<side>[内外]、?[内外]?)侧半月板")


def left_out(reading: Texts, claim: Claim) -> bool:
    """Whether an affirmed finding is left out where others like it are concluded on by the names of their parts.

    Parameters
    ----------
    reading
        The case.
    claim
        A finding that something in the impression seems to conclude on.
    """
    return (
        _left_out_of_branches(reading, claim)
        or _left_out_of_lobes(reading, claim)
        or _left_out_of_pelvis(reading, claim)
        or _left_out_of_menisci(reading, claim)
    )


def spread_to_bone(reading: Texts, claim: Claim) -> bool:
    """Whether 骨转移 concludes on a focus in the bones of the pelvis."""
    return _in_pelvic_bones(claim) and _SPREAD.search(reading.impression.text) is not None


def _left_out_of_branches(reading: Texts, claim: Claim) -> bool:
    """Whether a tight stenosis is of a coronary artery that is left out where others are concluded on by name."""
    branches = {place.term.id for place in claim.places} & CORONARY
    if claim.id != "stenosis" or not branches:
        return False
    if not _TIGHT.search(reading.findings.clause_text(claim.what.clause)):
        return False
    concluded = {
        place.term.id
        for other in reading.impression_claims
        if other.id == "stenosis"
        for place in other.places
    }
    return (
        bool(concluded)
        and concluded <= _CORONARIES
        and not _OF_ALL_BRANCHES.search(reading.impression.text)
        and not any(place.term.id in branches for place in reading.impression.anatomy)
    )


def _left_out_of_lobes(reading: Texts, claim: Claim) -> bool:
    """Whether a measured opacity is in a lobe that is left out where opacities of other lobes are concluded on."""
    if claim.id != "patchy" or not claim.places or not has_size(reading, claim):
        return False
    related, said = reading.lexicon.related, reading.impression.anatomy
    concluded = [
        place
        for other in reading.impression_claims
        if same_kind(other, claim)
        for place in other.places
        if "lung" in reading.lexicon.ancestors(place.term.id)[1:]
    ]
    return bool(concluded) and not any(
        related(place.term.id, other.term.id) for place in claim.places for other in said
    )


def _in_pelvic_bones(claim: Claim) -> bool:
    return bool(claim.places) and all(place.term.id in _PELVIC_BONES for place in claim.places)


def _left_out_of_pelvis(reading: Texts, claim: Claim) -> bool:
    """Whether a measured focus in a bone of the pelvis is left out where only its organs are concluded on."""
    if claim.id != "lesion" or not has_size(reading, claim):
        return False
    if not _in_pelvic_bones(claim):
        return False
    sentence = reading.findings.text[slice(*reading.findings.sentence_at(claim.what.start))]
    return (
        _OF_PELVIC_BONE.search(sentence) is not None
        and "骨岛" not in sentence
        and not _ON_BONE.search(reading.impression.text)
        and any(other.assertion in PRESENT for other in reading.impression_claims)
        and all(
            place.term.region == "pelvis" for other in reading.impression_claims for place in other.places
        )
    )


def _left_out_of_menisci(reading: Texts, claim: Claim) -> bool:
    """Whether a torn meniscus is left out where only the other one, which shows something too, is concluded on."""
    if claim.id != "tear" or not claim.places or claim.places[-1].term.id != "meniscus":
        return False
    ours = _menisci(reading.findings.clause_text(claim.places[-1].clause))
    said = reading.impression.text
    theirs = _menisci(said)
    return (
        len(ours) == 1
        and len(theirs) == 1
        and ours != theirs
        and said.count(_MENISCUS) == len(_MENISCI.findall(said))
        and any(
            _menisci(reading.findings.clause_text(found.what.clause)) == theirs
            for found in reading.findings_claims
            if found.assertion in PRESENT
        )
    )


def _menisci(said: str) -> frozenset[str]:
    """Sides of the menisci that a text names, 内 and 外."""
    return frozenset(side for match in _MENISCI.finditer(said) for side in match["side"] if side != "、")
