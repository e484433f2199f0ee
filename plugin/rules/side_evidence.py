"""Which side the findings bear out: each conclusion weighed against what either side holds.

The question is not whether a word is missing on a side, but where the conclusion comes from:
what is concluded of the left must not be found on the right alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from plugin.rules.claims import opposite
from plugin.rules.sound_places import declared_sound
from plugin.rules.statements import CLAUSES_KEPT, State, Statement, Told, told
from plugin.rules.texts import Texts
from plugin.text.lexicon import Lexicon
from plugin.text.mention import Mention

_MOST = 30
"""Statements of an impression that are weighed."""
_MOST_RUNS = 60
"""Runs of findings that are weighed, so that time stays bounded."""
_PASSED = re.compile(
    r"术后|病史|置换|治疗后|切除|原诊|较前|同前|建议|请|结合|前片|复查|对侧|未见|正常|向[左右]|受压|移位|神经根|侧隐窝|椎间孔"
)
_LOCATOR = re.compile(
    r"[上中下]叶|舌段|尖后?段|[前后背]段|[内外前后]?基底段|[上下]极|[内外][上下]象限|\d{1,2}点|s[1-8]|[mapcv][1-7]段|[上中下近远]段|起始|第\d+"
    r"|[Ⅰ-Ⅷ]区|[一二三四五六]区|中部|[上下]部|尖部|分叉|虹吸|\d+(?:\.\d+)?(?:%|mm|cm)|[前后内外]侧?[壁角缘髁踝]|大转子|粗隆|转子|茎突|[大小]结节|平台|体部|尾部"
)
_IDLE = re.compile(r"[\d.、()\s,:;·\-左右双侧两考虑可能性大不除外的及和与并伴为呈示见未有影灶]+")
_LOBED = {"liver_left": "liver", "liver_right": "liver"}


class Evidence(NamedTuple):
    """What a run of statements holds: those of one sentence that share their sides.

    Parameters
    ----------
    first
        The one that is shown: the first that has seen something, or else the first.
    statements
        All of them.
    seen
        Something was seen.
    names, regions
        Anatomy by id, and its regions.
    observed
        Observations affirmed.
    text
        What is not called sound.
    """

    first: Statement
    statements: tuple[Statement, ...]
    seen: bool
    sides: frozenset[str]
    names: frozenset[str]
    regions: frozenset[str]
    observed: frozenset[str]
    text: str


def side_witnesses(reading: Texts) -> Iterator[tuple[Statement, Statement]]:
    """Conclusions on one side that the findings have on the other side only, with the findings' statement."""
    said_of_sides = [
        s for s in reading.impression_statements if s.state is not State.SOUND and not _PASSED.search(s.text)
    ][:_MOST]
    # L4/5椎间盘左后突出，黄韧带增厚: only what says its side itself is held against the other side.
    one_sided = [
        s for s in said_of_sides if s.own and s.sides in ({"L"}, {"R"}) and ("左" in s.text or "右" in s.text)
    ]
    if not one_sided:
        return
    found = _runs(reading)
    for said in one_sided:
        witness = _witness(reading.lexicon, said, found, said_of_sides)
        if witness is not None:
            yield said, _where(reading, witness)


def borne_out(reading: Texts, mention: Mention) -> bool:
    """Whether the findings hold, on this side and at a place of like name, what is concluded at `mention`."""
    said = next((s for s in reading.impression_statements if s.clause == mention.clause), None)
    if said is None:
        return False
    name = reading.impression.text[mention.start : mention.end]
    words = {name[i : i + 2] for i in range(len(name) - 1)}
    return any(
        run.seen
        and mention.side in run.sides
        and any(
            p.term.id == mention.term.id or any(p.word[i : i + 2] in words for i in range(len(p.word) - 1))
            for s in run.statements
            for p in s.places
        )
        and any(kind in _TELLING for kind, _ in _features(reading.lexicon, said, run))
        for run in _runs(reading)
    )


def _runs(reading: Texts) -> list[Evidence]:
    return [run for _, states in reading.findings.derived(told) for run in states.derived(_evidence)][
        :_MOST_RUNS
    ]


def _where(reading: Texts, witness: Evidence) -> Statement:
    """What a run shows, in places of the findings."""
    return next(
        witness.first.at(placed)
        for placed, states in reading.findings.derived(told)
        if any(run is witness for run in states.derived(_evidence))
    )


def _evidence(states: Told) -> tuple[Evidence, ...]:
    """Runs of a stretch of the findings."""
    clauses = states.clauses
    runs = []
    for (_, sides, _), group in groupby(
        states.statements, key=lambda s: (clauses[s.clause].sentence, s.sides, bool(s.places))
    ):
        statements = tuple(group)
        seen = next((s for s in statements if s.state is State.SEEN), None)
        terms = [place.term for s in statements for place in s.places]
        runs.append(
            Evidence(
                seen or statements[0],
                statements,
                seen is not None,
                sides,
                frozenset([term.id for term in terms]),
                frozenset([term.region for term in terms]),
                frozenset().union(*[s.observed for s in statements]),
                " ".join([s.text for s in statements if s.state is not State.SOUND]),
            )
        )
    return tuple(runs)


def _witness(
    lexicon: Lexicon, said: Statement, found: list[Evidence], concluded: list[Statement]
) -> Evidence | None:
    (side,) = said.sides
    far_side = opposite(side)
    near, close = _near(lexicon, said, found)
    far = [run for run in near if run.sides == {far_side} and run.seen]
    if not far:
        return None
    here = [run for run in near if run.sides & {side, "B"}]
    # What stands without a side may be of either.
    here += [run for run in found if not run.sides and run.seen and _same_place(lexicon, said, run)]
    own: set[tuple[str, str]] = set()
    for run in here:
        if run.seen:
            own |= _features(lexicon, said, run)
    # 左侧腋下未见异常: whatever is concluded there, it is of the other side.
    # 双侧大脑半球对称 says nothing of the left alone.
    weighed = [run for run in here if run.seen or side in run.sides]
    if weighed and all(_same_term(said, run) for run in (far[0], *weighed)):
        if all(any(declared_sound(s.text) for s in run.statements) for run in weighed):
            return far[0]
        # 左侧乳突气化良好: praise of one thing rules out only what the other side may be.
        if (
            said.state is State.SEEN
            and all(s.state is State.SOUND for run in weighed for s in run.statements)
            and _may_be(lexicon, said, far[0])
        ):
            return far[0]
    best, weight, telling = None, 0, False
    for run in far:
        features = _features(lexicon, said, run)
        ours = _weigh(features - own)
        if ours > weight and not own - features:
            best, weight = run, ours
            telling = any(kind in _TELLING for kind, _ in features - own)
    # What its own side holds may be it, said in words that we do not know.
    unknown = any(run.seen and not run.observed for run in here)
    if best is None or weight < (2 if close and telling and not unknown else 3):
        return None
    if _concluded_there(lexicon, said, best, concluded, found, far_side):
        return None
    return best


def _may_be(lexicon: Lexicon, said: Statement, run: Evidence) -> bool:
    """Whether a run may be what is concluded: by name or kin, or because one of them has no name."""
    named = run.observed - {"lesion"}
    if not said.observed or not named:
        return True
    return any(kind in _TELLING for kind, _ in _features(lexicon, said, run))


def _concluded_there(
    lexicon: Lexicon,
    said: Statement,
    best: Evidence,
    concluded: list[Statement],
    found: list[Evidence],
    far_side: str,
) -> bool:
    """Whether what was found on the far side is concluded of that side as well, and nowhere better."""
    for other in concluded:
        if other is said or (other.sides and not other.sides & {far_side, "B"}):
            continue
        features = _features(lexicon, other, best)
        if not any(kind in _TELLING for kind, _ in features) or not _near(lexicon, other, [best])[0]:
            continue
        weight = _weigh(features)
        near, _ = _near(lexicon, other, found)
        if not any(
            run is not best
            and run.seen
            and (run.sides == best.sides or (not run.sides and _same_place(lexicon, other, run)))
            and _weigh(_features(lexicon, other, run)) > weight
            for run in near
        ):
            return True
    return False


def _weigh(features: set[tuple[str, str]]) -> int:
    words = sum(kind == "word" for kind, _ in features)
    return sum(_WEIGHTS[kind] for kind, _ in features if kind != "word") + min(words, _MOST_WORDS)


def _near(lexicon: Lexicon, said: Statement, found: list[Evidence]) -> tuple[list[Evidence], bool]:
    """Runs on the same organ, or else on the same region, or else all; and whether it is the organ."""
    sided = [run for run in found if run.sides]
    names = {_LOBED.get(place.term.id, place.term.id) for place in said.places if place.term.region}
    organ = _related(lexicon, names, sided)
    if any(run.seen for run in organ):
        return organ, True
    regions = {place.term.region for place in said.places} - {""}
    region = [run for run in sided if not run.regions.isdisjoint(regions)]
    if any(run.seen for run in region):
        return region, False
    return ([], False) if regions else (sided, False)


def _related(lexicon: Lexicon, names: set[str], runs: list[Evidence]) -> list[Evidence]:
    """Runs on any of these places, a part of it, or its whole."""
    related = frozenset().union(*[lexicon.relatives(name) for name in names])
    return [run for run in runs if not run.names.isdisjoint(related)]


def _same_term(said: Statement, run: Evidence) -> bool:
    return any(place.side and place.term.id in run.names for place in said.places)


def _same_place(lexicon: Lexicon, said: Statement, run: Evidence) -> bool:
    return bool(_related(lexicon, {place.term.id for place in said.places}, [run]))


_WEIGHTS = {"id": 4, "kin": 2, "place": 3, "word": 1, "all": 2}
_MOST_WORDS = 3
_TELLING = frozenset(("id", "kin", "all"))


def _features(lexicon: Lexicon, said: Statement, run: Evidence) -> set[tuple[str, str]]:
    """What a conclusion and a run of findings have in common."""
    observed = run.observed - {"lesion"}
    lesion = "lesion" in run.observed
    features: set[tuple[str, str]] = set()
    for name in said.observed - {"lesion"}:
        if name in observed:
            features.add(("id", name))
        if observed & lexicon.kin(name):
            features.add(("kin", name))
        elif lesion:
            features.add(("word", name))
    text = run.text
    features.update([("place", place) for place in _locators(said.text) & _locators(text)])
    ours = _pairs(said)
    shared = {pair for pair in ours if pair in text}
    features.update([("word", pair) for pair in shared])
    if ours and shared == ours:
        features.add(("all", ""))
    return features


@lru_cache(maxsize=CLAUSES_KEPT)
def _locators(text: str) -> frozenset[str]:
    return frozenset(_LOCATOR.findall(text.lower()))


def _pairs(statement: Statement) -> set[str]:
    """Pairs of neighbouring characters, without anatomy, sides and words that say nothing."""
    text = statement.text
    for word, _, _, start, _ in statement.places:
        if start >= 0:
            text = text[:start] + " " * len(word) + text[start + len(word) :]
    return {run[i : i + 2] for run in _IDLE.split(text) for i in range(len(run) - 1)}
