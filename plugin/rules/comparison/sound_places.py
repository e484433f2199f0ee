"""Conclusions on places that the findings declare sound: 右肾囊肿 beside 双肾未见异常密度影."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from plugin.rules.comparison.claims import ORGANS_IN, compatible, opposite, sentence_up_to
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.denial_words import (
    OF_SEVERAL,
    apart,
    denied_words,
    halves,
    reach_of,
    share_a_word,
    shares_sign,
)
from plugin.rules.comparison.part_words import of_other_part
from plugin.rules.comparison.sound_doubts import Doubt
from plugin.rules.comparison.statements import Site, Statement, Told, only_side, told, unsound
from plugin.rules.texts import Texts
from plugin.text.stretch import Placed

_MOST = 30
"""Statements of an impression that are asked about."""
_MOST_DOUBTED = 3
"""Sound places that are weighed for one conclusion: time stays bounded, and no report declares more."""
_PASSED = re.compile(
    r"术后|病史|置换|治疗后|切除|原诊|较前|同前|建议|请|结合|前片|复查|随[诊访]|未见|正常|变异|缺如|新出现|符合|改变$|不除外|待[排除]"
)
_OTHERS = re.compile(r"余|其[他它]|另")
_DEVICE = re.compile(r"(?:节育[器环]|避孕环)(?:影|在位|位置[^，。；]{0,6})?$")
"""What was put in makes nothing wrong of the organ that it lies in."""
_HEALED = re.compile(r"骨痂|愈合|(?<!未见)(?:增粗|变形|畸形|成角|扭曲)")
_LOCATES = re.compile(r"水平|位于|平面")
OF_SHAPE = frozenset(
    ("enlarged", "atrophy", "dilatation", "deviation", "displacement", "slip", "stenosis", "thickening", "hydrocephalus",
     "hernia", "dislocation", "disc_herniation", "disc_bulge", "effusion", "spur", "foreign", "occlusion")
)  # fmt: skip
"""Observations that sound density or signal says nothing of."""


def sound_witnesses(reading: Texts, general: frozenset[str]) -> Iterator[tuple[Statement, Statement]]:
    """Statements of the impression, each with the statement of the findings that declares its place sound.

    Parameters
    ----------
    reading
        The case.
    general
        Anatomy too wide to be declared sound.
    """
    concluded = [
        s
        for s in reading.impression.derived(unsound)[:_MOST]
        if s.own and s.places and not _PASSED.search(s.text)
    ]
    if not concluded:
        return
    sound = [
        (placed, states, called)
        for placed, states in reading.findings.derived(told)
        if (called := states.derived(_called_sound)).wholes
    ]
    for said in concluded:
        witness = _witness(reading, said, sound, general)
        if witness is not None:
            yield said, witness


class _Sound(NamedTuple):
    """Clauses that call their places sound, each with what these are by, and what all of them are."""

    wholes: frozenset[str]
    clauses: tuple[tuple[Statement, frozenset[str]], ...]


def _called_sound(states: Told) -> _Sound:
    """Clauses of a stretch that call a place sound."""
    clauses = tuple(
        [
            (said, frozenset([_CORNERS.get(place.term.id, place.term.id) for place in said.places]))
            for said in states.statements
            if said.state is State.SOUND and said.places
        ]
    )
    return _Sound(frozenset().union(*[wholes for _, wholes in clauses]), clauses)


def _seen(states: Told) -> tuple[tuple[Statement, str], ...]:
    return tuple(
        [
            (said, states.text[said.start + said.named_at : said.end])
            for said in states.statements
            if said.state is State.SEEN and not _DEVICE.search(said.text)
        ]
    )


def _all_seen(reading: Texts) -> Iterator[tuple[Statement, str]]:
    """Statements of the findings that have seen something, in places of their stretches.

    Each with its words from where its place is named: 外踝骨皮质欠连续，见小骨片影.
    """
    for _, states in reading.findings.derived(told):
        yield from states.derived(_seen)


def _spoken_of_others(states: Told, sound: Statement, concluded: str) -> bool:
    """余肋骨, 圆锥位于L1水平，信号正常: sound is not what bears the name; nor is what has healed: 骨痂形成，走行连续."""
    said = sentence_up_to(states.text, states.clauses, sound.clause)
    if "陈旧" in concluded and _HEALED.search(said):
        return True
    # 外板轻度凹陷，骨折线不明显, and 凹陷性骨折 concluded.
    if shares_sign(concluded, said):
        return True
    return bool(_OTHERS.search(said)) or (not sound.own and bool(_LOCATES.search(said)))


def _witness(
    reading: Texts,
    said: Statement,
    sound: list[tuple[Placed, Told, _Sound]],
    general: frozenset[str],
) -> Statement | None:
    lexicon = reading.lexicon
    wholes = frozenset().union(*[lexicon.ancestors(place.term.id) for place in said.places])
    # Most of what is sound lies elsewhere.
    there = [
        (placed, states, statement)
        for placed, states, called in sound
        if not called.wholes.isdisjoint(wholes)
        for statement, covered in called.clauses
        if not covered.isdisjoint(wholes)
    ]
    if not there:
        return None
    # What is called sound by the very name is shown rather than what lies beside it.
    own = {place.term.id for place in said.places}
    there.sort(key=lambda each: own.isdisjoint(place.term.id for place in each[2].places))
    names = frozenset().union(*[lexicon.alike(name) for name in said.observed]) - {"lesion"}
    praise = {word for name in names for word in lexicon.terms[name].ruled_out_by}
    doubted = 0
    for placed, states, statement in there:
        if _spoken_of_others(states, statement, said.text):
            continue
        words = frozenset([word for word in denied_words(statement.text) if word in said.text])
        # 鼻中隔居中 is of its position, whatever is seen beside it.
        of_shape = not names.isdisjoint(OF_SHAPE) and any(word in statement.text for word in praise)
        specific = of_shape or bool(words or statement.denied & names)
        if not words and (said.state is State.OPEN or not _rules_out(statement, said, names, praise)):
            continue
        exact, places = _covered(reading, statement, said, general)
        if not places or not (exact or words or said.observed):
            continue
        levels = statement.levels & said.levels or said.levels
        asked = said._replace(places=places, levels=levels)
        if _across(reading, asked):
            return None
        doubted += 1
        if doubted > _MOST_DOUBTED:
            return None
        doubt = Doubt(lexicon, asked, names, exact=exact or bool(words), specific=specific)
        if not any(doubt.by(found, named, words) for found, named in _all_seen(reading)):
            return statement.at(placed)
    return None


def _across(reading: Texts, said: Statement) -> bool:
    """Whether it was found on the other side: a wrong side is for laterality to say."""
    side = only_side(said)
    if not side:
        return False
    if any(
        opposite(side) in other.sides and other.observed & said.observed
        for other in reading.impression_statements
    ):
        return False
    kin = frozenset().union(*(reading.lexicon.kin(name) for name in said.observed))
    return any(
        found.sides == {opposite(side)}
        and (not found.observed or bool(found.observed & kin))
        and any(
            reading.lexicon.related(p.term.id, q.term.id)
            and (p.term.id not in OF_SEVERAL or p.term.id != q.term.id or share_a_word(p.word, q.word))
            for p in found.places
            for q in said.places
        )
        for found, _ in _all_seen(reading)
    )


_CORNERS = {"costophrenic": "pleura"}
"""Parts by which the whole is judged: 肋膈角锐利 rules an effusion out."""


def _covered(
    reading: Texts, sound: Statement, said: Statement, general: frozenset[str]
) -> tuple[bool, tuple[Site, ...]]:
    """Concluded places that a sound place covers, and whether by name rather than as their whole."""
    lexicon = reading.lexicon
    if (sound.levels and said.levels and not sound.levels & said.levels) or apart(sound.text, said.text):
        return False, ()
    named: list[Site] = []
    held: list[Site] = []
    for p in sound.places:
        organ = p.term.region in ORGANS_IN and p.term.id not in general
        for q in said.places:
            whole = _CORNERS.get(p.term.id, p.term.id)
            if not compatible(p.side, q.side) or whole not in lexicon.ancestors(q.term.id):
                continue
            if whole == p.term.id and of_other_part((p.word, p.term), (q.word, q.term)):
                continue
            ours, theirs = p.word, q.word
            # 内踝, and 右内踝 read as the 踝 on the inner right.
            alike = (
                theirs in {ours, ours.lstrip("内外后")}
                or theirs in halves(ours)
                or (ours.endswith("骨") and theirs.startswith(ours))
                or (organ and (ours in theirs or theirs in ours))
                or (p.term.id in OF_SEVERAL and share_a_word(ours, theirs))
            )
            node = p.term.id == q.term.id == "lymph_node" and _share_a_name(sound, said)
            if node or (p.term.region and alike):
                named.append(q)
            elif (p.term.id != q.term.id and whole not in general and p.term.id not in general) or (
                "椎体" in ours and said.levels
            ):
                held.append(q)
    return bool(named), tuple(named or held)


_NAMELESS = re.compile(r"[左右双两]侧?|[\d.、，()]|未见|肿大|增大|异常|的|考虑|多发|部分")


def _share_a_name(sound: Statement, said: Statement) -> bool:
    """左侧闭孔淋巴结, 双侧闭孔区淋巴结: what stands before the node names its place."""
    if said.sides and sound.sides and "B" not in sound.sides and not said.sides <= sound.sides:
        return False
    ours, theirs = (_NAMELESS.sub(" ", s.text.split("淋巴结")[0]) for s in (sound, said))
    pairs = (theirs[i : i + 2] for i in range(len(theirs) - 1))
    return any(" " not in pair and pair in ours for pair in pairs)


def _rules_out(statement: Statement, said: Statement, names: frozenset[str], praise: set[str]) -> bool:
    if any(word in statement.text for word in praise):
        return True
    narrow, total, of_tissue = reach_of(statement.text)
    if narrow and narrow not in said.text:
        return False
    # 未见结节影 says nothing of what is diffuse.
    if "弥漫" in said.text and statement.denied and "lesion" not in statement.denied:
        return False
    if statement.denied & names:
        return True
    of_shape = bool(said.observed) and said.observed <= OF_SHAPE
    return total and not (of_shape and of_tissue)
