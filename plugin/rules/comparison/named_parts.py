"""Parts that the impression calls by name on one side, and the findings by that name on the other alone.

A name is more than its anatomy: 股骨头 and 股骨颈 are one term, 骶骨翼 is of a bone that is not
paired, and 顶骨 and 顶部 are two terms for one place.  So it is the words that are held against
each other, wherever nothing on the side that is concluded may be what is concluded there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.domain.issue import Section, Span
from plugin.rules.comparison.claims import compatible, opposite
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.examined_side import side_and_place
from plugin.rules.comparison.statements import Site, Statement
from plugin.rules.texts import Texts
from plugin.text.reader import ReadText
from plugin.text.terms import NOT_SAID

_SIDES = frozenset("LR")
_MOST = 12
"""Names of an impression that are looked for; no report has more that stand on one side only."""
_PASSED = re.compile(
    r"对侧|健侧|患侧|同侧|[较比][左右对]|术后|病史|建议|复查|椎间孔|神经根|侧隐窝|[向偏][左右]|未见|正常"
)
_OF_THE_HEAD = re.compile(r"(?P<root>[额颞顶枕])[骨部叶区]")
_BEFALLS = ("扩张", "炎", "肺炎", "结石")
"""What a name only begins: 支气管 of 支气管扩张."""
_NO_PART = frozenset(("bone", "joint", "soft_tissue", "lymph_node", "neck_node", "mediastinal_node"))
"""Words that are of any place."""


def parts_across(reading: Texts) -> Iterator[tuple[Span, Span, str]]:
    """Find names that stand on one side here, and on the other there."""
    found = {side for _, _, side in reading.findings.sides}
    if found.isdisjoint(_SIDES):
        return
    said: dict[str, tuple[Statement, Site]] = {}
    sides: dict[str, set[str]] = {}
    for statement in reading.impression_statements:
        if not statement.own or not statement.sides:
            continue
        for place in statement.places:
            if not place.side or not (name := _name(place)):
                continue
            behind = statement.start + statement.named_at + place.start + len(place.word)
            # 左肺下叶支气管扩张 is of the lobe.
            if reading.impression.text.startswith(_BEFALLS, behind):
                continue
            sides.setdefault(name, set()).add(place.side)
            if name in said or statement.state is State.SOUND or opposite(place.side) not in found:
                continue
            # 右侧附件区占位：①卵巢癌 says no side of its own.
            stated = statement.text.endswith(_SIDE_WORDS, 0, place.start)
            asked = stated and _may_be_across(reading.findings.text, name, place.side)
            if asked and not _PASSED.search(statement.text):
                said[name] = statement, place
    single = [(name, *said[name]) for name in said if len(sides[name]) == 1 and sides[name] <= _SIDES]
    for name, statement, place in single[:_MOST]:
        # 骨盆骨折：右侧耻骨上支、左侧骶骨翼: what befell them heads the list.
        heading = statement.clause - 1
        if not statement.observed and heading >= 0 and reading.impression.clauses[heading].terminator == ":":
            statement = statement._replace(observed=reading.impression_statements[heading].observed)
        far = _only_across(reading, name, statement, place)
        if far is not None:
            here = _span(reading, Section.IMPRESSION, reading.impression, statement, place)
            yield here, _span(reading, Section.FINDINGS, reading.findings, *far), "左右"
            return


_SIDE_WORDS = ("左", "右", "左侧", "右侧")
_OWN = {"L": ("左", "左侧", "双侧", "双", "两侧"), "R": ("右", "右侧", "双侧", "双", "两侧")}


def _may_be_across(text: str, name: str, side: str) -> bool:
    """Whether a text has a name, and never right behind the side that is asked about."""
    return name in text and not any(own + name in text for own in _OWN[side])


def _name(place: Site) -> str:
    """The name of a place by which it is looked for; empty where that tells too little."""
    term = place.term
    if not place.word or term.id in _NO_PART or not term.region or place.assertion in NOT_SAID:
        return ""
    if term.region.endswith("spine") and term.id != "sacrum":
        return ""
    word = place.word.strip("左右双侧")
    head = _OF_THE_HEAD.fullmatch(word)
    return head["root"] if head else word


def _only_across(reading: Texts, name: str, asked: Statement, place: Site) -> tuple[Statement, Site] | None:
    """Where the findings see something under that name, all of it on the other side."""
    side, far_side = place.side, opposite(place.side)
    kin = frozenset().union(*(reading.lexicon.kin(o) for o in asked.observed)) - {"lesion"}
    witness: tuple[Statement, Site] | None = None
    for found in reading.findings_statements:
        for there in found.places:
            theirs = _name(there)
            # 肱骨 without a side says nothing of 肱骨髁上.
            named = bool(theirs) and (name in theirs or (theirs in name and bool(there.side)))
            if named and there.side != far_side:
                return None
            seen = found.own and found.state is State.SEEN and found.sides == {far_side}
            if named and witness is None and seen and not _PASSED.search(found.text):
                witness = found, there
            # Under another name it may be what is concluded: by what it is, or by words that nobody knows.
            if (
                not named
                and found.state is State.SEEN
                and (found.own or found.observed)
                and compatible(there.side, side)
                and reading.lexicon.related(there.term.id, place.term.id)
                and (not found.observed or not asked.observed or found.observed & asked.observed)
            ):
                return None
    if witness is None or (asked.observed and witness[0].observed and not _akin(asked, witness[0], kin)):
        return None
    return witness


def _akin(asked: Statement, found: Statement, kin: frozenset[str]) -> bool:
    return "lesion" in found.observed or "lesion" in asked.observed or bool(found.observed & kin)


def _span(reading: Texts, section: Section, text: ReadText, statement: Statement, place: Site) -> Span:
    named_from = statement.start + statement.named_at + place.start
    return reading.span(section, *side_and_place(text, named_from, len(place.word)))
