"""Findings that deny in detail: 左侧乳突内未见片状高信号影 beside 左侧乳突炎.

Who looks for something and finds nothing names it: 未见骨折, 未见异常密度影.  Shape and density
are words for what was seen, so that denying a 片状低密度影 is most likely a slip of the pen, and
certainly one where something is concluded that nothing else in the findings may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from plugin.rules.comparison.claims import compatible
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.denial_words import apart
from plugin.rules.comparison.statements import Statement
from plugin.rules.texts import Texts

_SHAPE = r"(?:小|微|类?圆形?|[斑片条点线团囊弧环网树棒带絮簇]+[状样片点]|结节[状样])"
_DENIED = r"未见(?!明[显确]|确切|异常|骨折|正常)"
_DETAILED = re.compile(
    rf"{_DENIED}[^，。；、\n异]{{0,16}}"
    r"(?:密度(?!异)|信号[影灶]|(?<![变肿块])[圆状样形]|[斑点片条][片点]|骨块|骨片|小|游离(?!气)|[凸突]起|凹陷|囊变|骨桥|骨痂|(?:钙化|实性|磨玻璃)[小微]*结节)"
)
_PICTURED = re.compile(
    rf"{_DENIED}[^，。；、\n异]{{0,10}}{_SHAPE}[^，。；、\n异实渗强]{{0,24}}(?:密度(?:影|增高|减低)|信号影?$|致密影|[高低]密度|[高低]信号)"
)
_DEVICE = re.compile(
    rf"{_DENIED}[^，。；、\n异]{{0,4}}(?:内固定|外固定|固定物|植入物|骨水泥|石膏|起搏器|支架)[^，。；、\n残松断]{{0,3}}$"
)
# 支架内未见低密度充填: what is looked for in it comes with it, and says nothing of the vessel beside.
_INSIDE = re.compile("(?:支架|假体|吻合口|移植物|桥血管|管腔)[^，。；]{0,4}未见")
_OPERATED = re.compile(r"固定|术后|置换|支架|成形|植入")
_REMOVED = re.compile(r"取出|拆除|去除|残留|移除")
_PASSED = re.compile(
    r"建议|请|结合临床|前片|复查|随[诊访]|未见|正常|病史|(?:术|切除|治疗|放疗|化疗)后(?:改变|表现)?[。；]?$"
)
_MOST_SAID = 60
"""Statements of an impression that are held against them, so that time stays bounded."""
_MOST = 6
"""Detailed denials of a report that are weighed: nobody writes one on purpose."""


class DetailedDenial(NamedTuple):
    """A statement of the findings that denies in detail, and what is concluded there, if anything."""

    denial: Statement
    concluded: Statement | None


def detailed_denials(reading: Texts, general: frozenset[str]) -> Iterator[DetailedDenial]:
    """Find denials in detail.

    Parameters
    ----------
    reading
        The case.
    general
        Anatomy too wide to be the place of one thing.
    """
    findings = reading.findings.text
    if _DETAILED.search(findings) is None and "固定" not in findings:
        return
    weighed = 0
    for statement in reading.findings_statements:
        detailed, device = _DETAILED.search(statement.text), _DEVICE.search(statement.text)
        if not (detailed or device) or _INSIDE.search(statement.text):
            continue
        weighed += 1
        if weighed > _MOST:
            return
        said = _operated(reading) if device else _concluded(reading, statement, general)
        if said is not None or (detailed and _PICTURED.search(statement.text)):
            yield DetailedDenial(statement, said)


def _operated(reading: Texts) -> Statement | None:
    """What is concluded of an operation, unless the device was taken out."""
    if _REMOVED.search(reading.impression.text) or _REMOVED.search(reading.findings.text):
        return None
    return next((s for s in reading.impression_statements if _OPERATED.search(s.text)), None)


def _concluded(reading: Texts, denial: Statement, general: frozenset[str]) -> Statement | None:
    for said in reading.impression_statements[:_MOST_SAID]:
        if said.state is State.SOUND or not said.places or _PASSED.search(said.text):
            continue
        if not _of_one_kind(reading, said, denial) or not of_one_place(reading, said, denial, general):
            continue
        # 心肌 and 室间隔 are of one organ, but not one place by name.
        exact = any(
            p.term.id == q.term.id and (p.word in q.word or q.word in p.word)
            for p in denial.places
            for q in said.places
        )
        if not any(
            found.state is State.SEEN
            and found is not denial
            and (_may_be(reading, said, found, exact=exact) or _by_its_own_word(said, found, denial))
            and of_one_place(reading, said, found, frozenset())
            for found in reading.findings_statements
        ):
            return said
    return None


def of_one_place(reading: Texts, said: Statement, found: Statement, general: frozenset[str]) -> bool:
    """Whether a conclusion and a finding may be of one place: the same, or a part of the other."""
    if (said.levels and found.levels and not said.levels & found.levels) or apart(said.text, found.text):
        return False
    return any(
        p.term.region
        and p.term.id not in general
        and q.term.id not in general
        and compatible(p.side, q.side)
        and reading.lexicon.related(p.term.id, q.term.id)
        for p in found.places
        for q in said.places
    )


def _of_one_kind(reading: Texts, said: Statement, denial: Statement) -> bool:
    """Whether what is concluded may be what is denied: a nodule, but no effusion, for a 结节状影."""
    if not said.observed or not denial.denied:
        return True
    return any(denial.denied & reading.lexicon.kin(name) for name in said.observed)


def _by_its_own_word(said: Statement, found: Statement, denial: Statement) -> bool:
    """Whether something without a name was seen where a conclusion lies by its word, and the denial does not.

    室间隔插入部纤维化, where the 室间隔 takes up contrast and the 心肌 shows no oedema.
    """
    ours = {place.word for place in said.places if place.word} - {place.word for place in denial.places}
    return found.own and not found.observed and any(place.word in ours for place in found.places)


def _may_be(reading: Texts, said: Statement, found: Statement, *, exact: bool) -> bool:
    """Whether what was found may be what is concluded; where the denial bears its place's name, only by name."""
    if not found.observed:
        return found.own and not (exact and said.observed)
    if not said.observed:
        return True
    if exact and said.observed != {"lesion"}:
        return bool(found.observed & said.observed)
    return any(found.observed & reading.lexicon.kin(name) for name in said.observed)
