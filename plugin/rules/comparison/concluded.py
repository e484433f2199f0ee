"""Whether an impression concludes on what the findings see: by its name, or by a conclusion that explains it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from pydantic import model_validator

from plugin.kit.registry import Options
from plugin.rules.comparison.beside import lies_beside
from plugin.rules.comparison.claims import Claim, elsewhere, meet
from plugin.rules.comparison.levels import levels_differ
from plugin.rules.comparison.name_places import conclusions, telling_places
from plugin.rules.comparison.other_parts import (
    bones_differ,
    levels_said,
    naming_clause,
    of_other_bone,
    of_other_level,
    of_other_part,
    of_other_side,
    of_other_structure,
    of_own_level,
    of_vessels_apart,
    same_kind,
)
from plugin.rules.comparison.solid import is_solid, takes_up
from plugin.rules.texts import Texts
from plugin.text.lexicon import Lexicon
from plugin.text.mention import Mention
from plugin.text.terms import Assertion, Kind

_OF_BONES = frozenset(("fracture", "periosteal"))
"""Findings of one bone, which a conclusion on another bone does not cover."""
_OF_STRUCTURES = frozenset(("tear",))
"""Findings of one ligament or tendon, which a conclusion on another does not cover."""
_NOT_OPERATED = frozenset(("focal", "stone", "cystic", "node"))
"""Groups of findings that no operation leaves behind."""
_MOST_PLACES = 100
"""Places of the impression that are weighed for one finding; with more, one is taken to be its: time stays bounded."""
OPERATED = re.compile(r"术后|切除后|治疗后|术区|残腔")


class Narrow(Options):
    """Conclusions that may be meant for some findings and for no others: 脂肪肝 for no 结节.

    Parameters
    ----------
    conclusions
        Observations of the impression, or words of them (骨质增生) that then speak for themselves.
    explains
        Observations of the findings that they may be meant for at their place, besides their own
        kind and, for an observation, those that it `stands_for`; a word stands for no others.
    """

    conclusions: frozenset[str]
    explains: frozenset[str]


class Concluding(Options):
    """What counts as a conclusion on a finding.

    Parameters
    ----------
    stands_for
        Observation of the findings to those of the impression that conclude on it, wherever they touch it.
    general
        Anatomy too wide for a conclusion on it to be one on its parts.
    by_name
        Observations that a conclusion on something else at the same place does not cover.
    by_name_when_measured
        Those that need their name only where they are measured: who measures a nodule means it.
    by_part
        Observations that a conclusion of their kind on another part or vertebra does not cover, where
        the findings hold one there.
    narrow
        Conclusions that do not cover whatever the findings see at their place.
    also_of
        Anatomy of a conclusion to what its findings may name instead: 脑白质 to the lobes that it is in.
    concluded_by
        Observation to a pattern (folded text) that concludes on it by itself: N1 on enlarged nodes.
    """

    stands_for: Mapping[str, frozenset[str]] = {}
    general: frozenset[str] = frozenset()
    by_name: frozenset[str] = frozenset()
    by_name_when_measured: frozenset[str] = frozenset()
    by_part: frozenset[str] = frozenset()
    narrow: tuple[Narrow, ...] = ()
    also_of: Mapping[str, frozenset[str]] = {}
    concluded_by: Mapping[str, str] = {}

    @model_validator(mode="after")
    def _told_once(self) -> Concluding:
        names = [name for entry in self.narrow for name in entry.conclusions]
        if twice := sorted(name for name in set(names) if names.count(name) > 1):
            raise ValueError(f"narrow: {twice[0]} stands twice")
        return self

    @cached_property
    def explained(self) -> Mapping[str, frozenset[str]]:
        """Each narrow conclusion, by observation or word, to the observations that it may be meant for."""
        return {name: entry.explains for entry in self.narrow for name in entry.conclusions}

    def unknown_names(self, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
        """Key and name of what should be an observation of `lexicon`, or a word of one, and is not."""
        terms = [term for term in lexicon.terms.values() if term.kind is Kind.OBSERVATION]
        observations = {term.id for term in terms}
        known = observations.union(*(term.words for term in terms))
        for index, entry in enumerate(self.narrow):
            for name in sorted(entry.conclusions - known):
                yield f"narrow.{index}.conclusions", name
            for name in sorted(entry.explains - observations):
                yield f"narrow.{index}.explains", name
        anatomy = lexicon.terms.keys() - observations
        for name in sorted(self.also_of.keys() | frozenset().union(*self.also_of.values())):
            if name not in anatomy:
                yield "also_of", name


def concludes(
    options: Concluding, reading: Texts, claim: Claim, named: tuple[Mention, ...], *, measured: bool
) -> bool:
    """Whether the impression speaks of this observation, or of what explains it at this place.

    `named` is where the claim is, without what is too wide to tell.
    """
    pattern = options.concluded_by.get(claim.id)
    if pattern and re.search(pattern, reading.impression.folded):
        return True
    concluded = reading.kept_as("concluded", conclusions)
    lexicon = reading.lexicon
    by_part = claim.id in options.by_part
    for other in concluded:
        if same_kind(other, claim):
            if not _of_another(options, reading, claim, other, named) or lies_beside(
                reading, claim, other.places
            ):
                return True
            continue
        if not _stands_for(options, reading, other, claim):
            continue
        theirs = other.places
        # 盆腔积液 is no conclusion on a cyst of an organ there, nor 椎间盘变性 on one of the canal.
        if named and (other.what.term.group == "effusion" or other.id == "degeneration"):
            theirs = tuple([place for place in theirs if place.term.id not in options.general])
        if (
            claim.places
            and other.places
            and not meet(lexicon, named or claim.places, theirs)
            and not lies_beside(reading, claim, theirs)
            and not _also_of(options, theirs, named)
        ):
            continue
        if claim.id in _OF_BONES and of_other_bone(reading, claim, naming_clause(other)):
            continue
        if not by_part or not (
            of_other_level(reading, claim, naming_clause(other)) or of_own_level(reading, claim, other)
        ):
            return True
    # 左叶下极见结节, 甲状腺左叶未见结节: what is denied by name is for contradiction to say.
    if not named and any(same_kind(other, claim) for other in reading.impression_claims):
        return True
    return _covered(options, reading, claim, named, concluded, measured=measured)


def _also_of(options: Concluding, concluded: tuple[Mention, ...], named: tuple[Mention, ...]) -> bool:
    return any(
        place.term.id in options.also_of[other.term.id]
        for other in concluded
        if other.term.id in options.also_of
        for place in named
    )


def _of_another(
    options: Concluding, reading: Texts, claim: Claim, other: Claim, named: tuple[Mention, ...]
) -> bool:
    """Whether a conclusion of the same kind is on another finding: of another organ, side, part or bone."""
    places = other.places
    if claim.id in _OF_BONES:
        if of_other_bone(reading, claim, naming_clause(other)):
            return True
    elif claim.id in _OF_STRUCTURES and of_other_structure(reading, claim, naming_clause(other)):
        return True
    # Most conclusions name the very place.
    elif named and places and named[-1].term is places[-1].term and named[-1].side == places[-1].side:
        return claim.id in options.by_part and of_other_level(reading, claim, naming_clause(other))
    if elsewhere(reading.lexicon, claim.places, places, options.general):
        return True
    if of_vessels_apart(claim, places) or of_other_side(reading, claim, places, alike=True):
        return True
    return claim.id in options.by_part and (
        of_other_part(reading, claim, other, named, options.general)
        or of_other_level(reading, claim, naming_clause(other))
    )


def _word(reading: Texts, other: Claim) -> str:
    return reading.impression.folded[other.what.start : other.what.end]


def _stands_for(options: Concluding, reading: Texts, other: Claim, claim: Claim) -> bool:
    if other.id not in options.stands_for.get(claim.id, ()):
        return False
    if _too_little(reading, other, claim):
        return False
    own = options.explained.get(_word(reading, other))
    return own is None or claim.id in own


def _too_little(reading: Texts, other: Claim, claim: Claim) -> bool:
    """Whether a conclusion explains no such finding: no cyst what is solid, no cirrhosis a nodule that takes up contrast."""
    if other.id == "cyst":
        return is_solid(reading, claim)
    return other.id == "cirrhosis" and takes_up(reading, claim)


def _explains(options: Concluding, reading: Texts, other: Claim, claim: Claim, *, by_name: bool) -> bool:
    """Whether a conclusion at the place of a finding may be meant for it."""
    if same_kind(other, claim) or other.id == "lesion" or _stands_for(options, reading, other, claim):
        return True
    if by_name or _too_little(reading, other, claim):
        return False
    own = options.explained.get(_word(reading, other), options.explained.get(other.id))
    return own is None or claim.id in own


def _covered(
    options: Concluding,
    reading: Texts,
    claim: Claim,
    named: tuple[Mention, ...],
    concluded: tuple[Claim, ...],
    *,
    measured: bool,
) -> bool:
    """Whether anything is concluded at this place that may be meant for the claim."""
    lexicon = reading.lexicon
    # 肝S2未见囊肿 concludes nothing on a 低密度灶 found there; that 未见结节 denies a 结节 is
    # for contradiction to say.
    denying = {
        other.what.clause
        for other in reading.impression_claims
        if other.assertion is Assertion.DENIED and other.id not in (claim.id, "lesion")
    }
    by_name = claim.id in options.by_name or measured
    conclusions = reading.kept_as("conclusions_by_clause", _by_clause)[0]
    silent: set[int] = set()
    places = reading.kept_as("telling_places", telling_places)
    for mention in places[:_MOST_PLACES]:
        clause = mention.clause
        if clause in silent or mention.term.id in options.general:
            continue
        # A side that is wrong is for laterality to say: the same place counts on either side.
        if not any(lexicon.related(place.term.id, mention.term.id) for place in named):
            continue
        if of_other_side(reading, claim, (mention,), alike=False):
            continue
        here = conclusions.get(clause, ())
        if not _is_of_others(options, reading, claim, clause) and (
            any(_explains(options, reading, other, claim, by_name=by_name) for other in here)
            or (not here and clause not in denying and _may_mean(options, reading, claim, clause))
        ):
            return True
        # What a clause may mean does not hang on which of its places was looked at.
        silent.add(clause)
    return len(places) > _MOST_PLACES


def _by_clause(reading: Texts) -> Iterator[Mapping[int, list[Claim]]]:
    """What the impression concludes, by the clause that says it."""
    by_clause: dict[int, list[Claim]] = {}
    for other in reading.kept_as("concluded", conclusions):
        by_clause.setdefault(other.what.clause, []).append(other)
    yield by_clause


def _is_of_others(options: Concluding, reading: Texts, claim: Claim, clause: int) -> bool:
    """Whether a clause of the impression is on other bones, ligaments or vertebrae than a finding."""
    if claim.id in _OF_STRUCTURES and of_other_structure(reading, claim, clause):
        return True
    return (claim.id in _OF_BONES and of_other_bone(reading, claim, clause)) or (
        claim.id in options.by_part and of_other_level(reading, claim, clause)
    )


def _may_mean(options: Concluding, reading: Texts, claim: Claim, clause: int) -> bool:
    """Whether a clause at the place of a finding, which holds no word that is known, may be meant for it."""
    said = reading.impression.clause_text(clause)
    # 胃术后改变 is no conclusion on a mass there, nor 右肾切除术后 on a stone; a 低密度影 may be what it left.
    if claim.what.term.group in _NOT_OPERATED and claim.id != "lesion" and OPERATED.search(said):
        return False
    # 副舟骨 is none on a broken 跖骨.
    if claim.id in _OF_BONES and bones_differ(reading, claim, said):
        return False
    return claim.id not in options.by_part or not levels_differ(levels_said(reading, claim), said)
