"""Claims: which observation a section makes, and at which anatomy."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from plugin.rules.comparison.regions import SPINE
from plugin.text.lexicon import Lexicon
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.segments import Clause
from plugin.text.stretch import Stretch
from plugin.text.terms import Assertion

PRESENT = frozenset(
    (Assertion.AFFIRMED, Assertion.PROBABLE, Assertion.UNCERTAIN, Assertion.HISTORIC, Assertion.KNOWN)
)
"""The text holds that it is there, or may be."""
SAID = frozenset((Assertion.AFFIRMED, Assertion.PROBABLE, Assertion.KNOWN))
"""The text says that it is there now."""


class Claim(NamedTuple):
    """One observation and the anatomy it is said of.

    `id` is the canonical observation, `assertion` what the text says of it.
    `places` is empty when none is named; a word of no region (骨质, 软组织) is none where
    another names the place.  `own` holds when the observation's clause names anatomy itself.
    """

    id: str
    assertion: Assertion
    what: Mention
    places: tuple[Mention, ...]
    own: bool


ORGANS_IN = frozenset(("head", "neck", "chest", "breast", "abdomen", "pelvis"))
"""Regions whose organs are told apart."""
MOST_CLAIMS = 250
"""Claims of a section that are kept: several times what the longest report makes."""
_RELATING = re.compile(r"(?:距离?|(?<![邻附以])近|突[入向]|凸[入向]|推[压挤移]|压迫|紧贴|贴近|达)[左右]?侧?$")
"""What relates a finding to a place that it is not in: 距肾门约50mm, 近输尿管口处, 突入膀胱底."""
RELATES = frozenset("距近突凸推压贴达")
"""Of which one stands in all of these, and in few clauses."""
_LEVEL = re.compile(r"(?:椎体?|横突|棘突|间隙|[上下]缘|[\d/、\-~TLCS胸腰颈骶]){0,6}(?:水平|平面)")
"""What follows a vertebra that only says how high something lies: 输尿管上段平L3横突水平见结石."""
_LANDMARK = re.compile(r"(?:[止起附][^，。；\d]{0,2}[点处])?[上下远近]方约\d")
"""What follows a place that a distance is given from: 跟骨止点上方约4cm处."""
MOST_PLACES = 24
"""Places of one claim that are kept, the nearest."""


def claims_of(text: ReadText) -> tuple[Claim, ...]:
    """Tie each observation to the anatomy before it.

    That is the anatomy of its clause since the observation before; without any, that of the
    observation before in the clause, or of the clauses before in the same sentence.
    """
    # Made as tuples are: its own constructor takes twice as long.
    new = tuple.__new__
    claims: list[Claim] = []
    # Mentions of the text are those of its stretches, one's behind the other's.
    first_observation = first_place = 0
    anatomy, observations = text.anatomy, text.observations
    for stretch, _, _, _ in text.stretches:
        if stretch.observations:
            for index, held, own in stretch.derived(_ties):
                what = observations[first_observation + index]
                places = tuple([anatomy[first_place + at] for at in held])
                claims.append(new(Claim, (what.term.id, what.assertion, what, places, own)))
        first_observation += len(stretch.observations)
        first_place += len(stretch.anatomy)
    return tuple(claims[:MOST_CLAIMS])


def _ties(said: Stretch) -> tuple[tuple[int, tuple[int, ...], bool], ...]:
    """Each observation, the anatomy it is tied to, both by index, and whether its clause names any."""
    anatomy, clauses = said.anatomy, said.clauses
    relates = not RELATES.isdisjoint(said.text)
    levelled = "水平" in said.text or "平面" in said.text
    landmarked = "方约" in said.text
    ties: list[tuple[int, tuple[int, ...], bool]] = []
    at, count = 0, len(anatomy)
    places: tuple[int, ...] = ()
    sentence = -1
    for index, what in enumerate(said.observations[:MOST_CLAIMS]):
        clause = clauses[what.clause]
        if clause.sentence != sentence:
            sentence, places = clause.sentence, ()
        gathered: list[int] = []
        while at < count and anatomy[at].start <= what.start:
            place = anatomy[at]
            # 距肾门约50mm处见结石: what a place is measured from is not where it is.
            if (
                clauses[place.clause].sentence == sentence
                and not (
                    relates
                    and only_related(said.text, place.start)
                    and (gathered or places or "距" in said.text)
                )
                and not (levelled and _only_level(said.text, anatomy, place, gathered or places))
                and not (landmarked and (gathered or places) and _LANDMARK.match(said.text, place.end))
            ):
                # 附件区见脂肪密度影，内见软组织影: 软组织 is no other place.
                if gathered and (
                    place.term.region or not any(anatomy[other].term.region for other in gathered)
                ):
                    gathered = [other for other in gathered if anatomy[other].clause == place.clause]
                gathered.append(at)
            at += 1
        # 右肺清晰，未见肺大疱: the place within a name is the one that was named before.
        if places and len(gathered) == 1 and anatomy[gathered[0]].start >= what.start:
            within, last = anatomy[gathered[0]], anatomy[places[-1]]
            if not within.side and within.term.id == last.term.id:
                gathered = []
        if gathered:
            regional = tuple([other for other in gathered if anatomy[other].term.region])
            places = (regional or places or tuple(gathered))[-MOST_PLACES:]
        # Places stand in the order of the text: if any is of this clause, the last one is.
        nearest = gathered or places
        own = bool(nearest) and anatomy[nearest[-1]].clause == what.clause
        if what.term.group == "node" and _REGIONAL.search(said.text, clause.start, what.start):
            ties.append((index, (), False))
            continue
        ties.append((index, places, own))
    return tuple(ties)


_REGIONAL = re.compile(r"(?:周围|区域|局部|引流|邻近)[^，。；、及和与]{0,6}$")
"""Before nodes: they are those around the organ that the clause names, wherever findings see them."""
_RELATING_WORDS = 4
"""Characters of the longest of these words."""


def only_related(text: str, start: int) -> bool:
    """Whether a place that is named at `start` is only what a finding lies near, or grows towards."""
    return _RELATING.search(text, max(start - _RELATING_WORDS, 0), start) is not None


def _only_level(text: str, anatomy: Sequence[Mention], place: Mention, before: Sequence[int]) -> bool:
    """Whether a vertebra says at which height an organ named before it is looked at."""
    return (
        place.term.region in SPINE
        and any(anatomy[other].term.region in ORGANS_IN for other in before)
        and _LEVEL.match(text, place.end) is not None
    )


def sentence_of(text: ReadText, clause: int) -> str:
    """The sentence up to and with a clause: what was said before it limits it."""
    return sentence_up_to(text.text, text.clauses, clause)


def sentence_up_to(text: str, clauses: Sequence[Clause], clause: int) -> str:
    """The same, of a text and its clauses."""
    first = clause
    while first and clauses[first - 1].sentence == clauses[clause].sentence:
        first -= 1
    return text[clauses[first].start : clauses[clause].end]


_OPPOSITE = {"L": "R", "R": "L"}


def opposite(side: str) -> str:
    """``L`` for ``R`` and back; empty for anything else."""
    return _OPPOSITE.get(side, "")


def compatible(one: str, other: str) -> bool:
    """Whether two sides can speak of the same place."""
    return one == other or not one or not other or one == "B" or other == "B"


def denies(lexicon: Lexicon, denied: tuple[Mention, ...], said: tuple[Mention, ...]) -> bool:
    """Whether a denial at some places covers one of others: the same, or a part of the denied."""
    return any(
        compatible(one.side, other.side) and one.term.id in lexicon.ancestors(other.term.id)
        for one in denied
        for other in said
        if one.term.region and other.term.region
    )


def elsewhere(
    lexicon: Lexicon, some: tuple[Mention, ...], others: tuple[Mention, ...], general: frozenset[str]
) -> bool:
    """Whether two sets of places are of different organs: 右肾 is elsewhere than 胆囊.

    Anatomy in `general` (腹部, 骨质) is of every organ, and the bones and joints of a limb
    share what befalls them (桡骨断端, 腕关节骨折); vertebrae do not share it with ribs.
    """
    if not some or not others:
        return False
    for place in (*some, *others):
        if place.term.region not in TOLD_APART:
            return False
    if _in_one_cavity(some, others) or _in_one_cavity(others, some):
        return False
    ours = _organs_of(lexicon, some, general)
    theirs = _organs_of(lexicon, others, general)
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)


def across(lexicon: Lexicon, some: tuple[Mention, ...], others: tuple[Mention, ...]) -> bool:
    """Whether two sets of places are other parts on other sides: 左肺上叶, 右肺下叶.

    The same part on the other side is no such thing: there the side is wrong.
    """
    for one in some:
        far_side = opposite(one.side)
        for other in others:
            if not far_side or other.side != far_side or lexicon.related(one.term.id, other.term.id):
                return False
    return bool(some) and bool(others)


def _in_one_cavity(some: tuple[Mention, ...], others: tuple[Mention, ...]) -> bool:
    """Whether one is the abdominal cavity and the other lies in it: 肝周液体 is 腹腔积液."""
    for place in some:
        if place.term.id == "peritoneum":
            return any(other.term.region in {"abdomen", "pelvis"} for other in others)
    return False


TOLD_APART = ORGANS_IN | SPINE
"""Regions whose organs, or vertebrae and ribs, do not share what befalls them."""
_RUNNING_IN = {"bile_duct": "liver", "pulmonary_artery": "lung", "pulmonary_artery_branch": "lung"}
"""What runs through another organ, so that either may be named: 肝内强回声 is a stone of its ducts, 双肺栓塞 is of
their arteries."""
_TOUCHING = {
    "pleura": "lung",
    "costophrenic": "lung",
    "diaphragm": "pleura",
    "mediastinal_node": "pulmonary_hilum",
    "appendix": "colon",
    "small_bowel": "colon",
    "sacrum": "lumbar_spine",
    "spermatic_cord": "testis",
    **_RUNNING_IN,
}
"""What lies so close that findings name either: 斜裂胸膜下结节 is of the lung."""
_COLLECTIVE = frozenset(("bowel",))
"""Wholes that say nothing of where once a part is named: 直肠 is not 结肠."""


def _organs_of(lexicon: Lexicon, places: tuple[Mention, ...], general: frozenset[str]) -> frozenset[str]:
    """The organs of places; empty when one of them may be of any organ.

    C5/6椎间盘: a general word beside a part of it says nothing more.
    """
    wholes_of = lexicon.organs(general)
    organs: set[str] = set()
    vague: list[str] = []
    for place in places:
        name = place.term.id
        wholes = wholes_of[name]
        touched = _TOUCHING.get(name)
        if touched and touched not in general:
            wholes |= {touched}
        if not wholes:
            vague.append(name)
        organs |= wholes - _COLLECTIVE or wholes
    if vague and not all(
        any(name in lexicon.ancestors(place.term.id)[1:] for place in places) for name in vague
    ):
        return frozenset()
    return frozenset(organs)


def meet(lexicon: Lexicon, some: tuple[Mention, ...], others: tuple[Mention, ...]) -> bool:
    """Whether two sets of places touch: same, part or whole, or one in the other, on sides that agree."""
    # Asked of nearly every pair of claims, most of which are of other places.
    for one in some:
        name = one.term.id
        akin, runs_in = lexicon.relatives(name), _RUNNING_IN.get(name)
        for other in others:
            its = other.term.id
            touch = its in akin or its == runs_in or _RUNNING_IN.get(its) == name
            if touch and compatible(one.side, other.side):
                return True
    return False
