"""Conclusions whose only sign the findings deny: 左侧筛窦炎 beside 左侧筛窦黏膜未见增厚.

The conclusion is not denied by its name, and its place not wholly called sound; but of that place
the findings hold nothing other than the denial of what it would be seen by.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from plugin.rules.comparison.claims import ORGANS_IN, compatible
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.denial_words import OF_SEVERAL
from plugin.rules.comparison.detailed_denials import of_one_place
from plugin.rules.comparison.part_words import of_other_part
from plugin.rules.comparison.statements import Site, Statement, Told, told
from plugin.rules.texts import Texts

_PASSED = re.compile(
    r"术后|病史|置换|治疗后|切除|原诊|较前|同前|建议|请|结合临床|前片|复查|随[诊访]|正常|变异|缺如|待[排除]|不除外"
)
_LIMITED = re.compile(
    r"余|其[他它]|另|新鲜|急性|活动|新发|再|继续|进一步|其内|周围|邻近|相邻|对侧|术区|复发|变化|强化"
)

_NO_DENIAL = frozenset(("lesion", "displacement"))
_MOST = 60
"""Statements of a section that are weighed, so that time stays bounded."""


def denied_signs(reading: Texts, general: frozenset[str]) -> Iterator[tuple[Statement, Statement]]:
    """Statements of the impression, each with the findings' denial of what it would be seen by.

    Parameters
    ----------
    reading
        The case.
    general
        Anatomy too wide to be the place of one thing.
    """
    concluded = [
        s for s in reading.impression_statements[:_MOST] if s.state is State.SEEN and s.own and s.observed
    ]
    if not concluded:
        return
    denials = [
        (placed, denial)
        for placed, states in reading.findings.derived(told)
        for denial in states.derived(_denials)
    ]
    named = {place.term.id for _, denial in denials for place in denial.places} - general
    for said in concluded:
        if named.isdisjoint([place.term.id for place in said.places]) or _PASSED.search(said.text):
            continue
        # 未见异常密度影 is for `sound_places` to weigh; what is broken need not be displaced.
        kin = frozenset().union(*(reading.lexicon.kin(name) for name in said.observed)) - _NO_DENIAL
        for placed, denial in denials[:_MOST]:
            if denial.denied.isdisjoint(kin) or not _exact(reading, said, denial, general):
                continue
            if _LIMITED.search(denial.text) or _held(reading, said, kin):
                break
            yield said, denial.at(placed)
            break


def _denials(states: Told) -> tuple[Statement, ...]:
    """Clauses of a stretch that call a place sound by denying something there."""
    return tuple([s for s in states.statements if s.denied and s.places and s.state is State.SOUND])


def _exact(reading: Texts, said: Statement, denial: Statement, general: frozenset[str]) -> bool:
    return of_one_place(reading, said, denial, general) and any(
        p.term.id == q.term.id
        and compatible(p.side, q.side)
        and not of_other_part((p.word, p.term), (q.word, q.term))
        and ((p.term.region in ORGANS_IN and p.term.id not in OF_SEVERAL) or _one_word(p, q))
        for p in denial.places
        for q in said.places
        if p.term.id not in general and p.term.region
    )


def _one_word(found: Site, said: Site) -> bool:
    ours, theirs = found.word.strip("左右双侧"), said.word.strip("左右双侧")
    return ours in theirs or theirs in ours


def _held(reading: Texts, said: Statement, kin: frozenset[str]) -> bool:
    """Whether the findings hold anything of that place, or anything of that kind without a place."""
    return any(
        of_one_place(reading, said, found, frozenset())
        or (not found.observed.isdisjoint(kin) and not any(p.term.region for p in found.places))
        for found in reading.findings_statements
        if found.state is State.SEEN
    )
