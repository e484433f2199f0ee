"""Which side the findings bear out: each conclusion weighed against what either side holds.

The question is not whether a word is missing on a side, but where the conclusion comes from:
what is concluded of the left must not be found on the right alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from plugin.rules.claims import opposite
from plugin.rules.sound_places import declared_sound
from plugin.rules.statements import State, Statement
from plugin.rules.texts import Texts
from plugin.text.lexicon import Lexicon
from plugin.text.reader import Mention

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
    """What a run of statements holds of one side: statements of one sentence that share their sides."""

    first: Statement
    statements: tuple[Statement, ...]
    seen: bool

    @property
    def sides(self) -> frozenset[str]:
        """Sides of the run."""
        return self.first.sides


def side_witnesses(reading: Texts) -> Iterator[tuple[Statement, Statement]]:
    """Conclusions on one side that the findings have on the other side only, with the findings' statement."""
    said_of_sides = [
        s for s in reading.impression_statements if s.state is not State.SOUND and not _PASSED.search(s.text)
    ][:_MOST]
    if not any(s.own and len(s.sides) == 1 and "B" not in s.sides for s in said_of_sides):
        return
    found = _runs(reading)
    for said in said_of_sides:
        # L4/5椎间盘左后突出，黄韧带增厚: only what says its side itself is held against the other side.
        if said.own and said.sides in ({"L"}, {"R"}) and ("左" in said.text or "右" in said.text):
            witness = _witness(reading.lexicon, said, found, said_of_sides)
            if witness is not None:
                yield said, witness


def borne_out(reading: Texts, mention: Mention) -> bool:
    """Whether the findings hold, on this side and at a place of like name, what is concluded at `mention`."""
    said = next((s for s in reading.impression_statements if s.clause == mention.clause), None)
    if said is None:
        return False
    said_text, found_text = reading.impression.text, reading.findings.text
    words = {said_text[i : i + 2] for i in range(mention.start, mention.end - 1)}
    return any(
        run.seen
        and mention.side in run.sides
        and any(
            p.term.id == mention.term.id
            or any(found_text[i : i + 2] in words for i in range(p.start, p.end - 1))
            for s in run.statements
            for p in s.places
        )
        and any(kind in _TELLING for kind, _ in _features(reading.lexicon, said, run))
        for run in _runs(reading)
    )


def _runs(reading: Texts) -> list[Evidence]:
    clauses = reading.findings.clauses
    runs = []
    for _, group in groupby(
        reading.findings_statements, key=lambda s: (clauses[s.clause].sentence, s.sides, bool(s.places))
    ):
        statements = tuple(group)
        seen = next((s for s in statements if s.state is State.SEEN), None)
        runs.append(Evidence(seen or statements[0], statements, seen is not None))
    return runs[:_MOST_RUNS]


def _witness(
    lexicon: Lexicon, said: Statement, found: list[Evidence], concluded: list[Statement]
) -> Statement | None:
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
    spotless = [run for run in here if any(declared_sound(s.text) for s in run.statements)]
    if here and len(spotless) == len(here) and all(_same_term(said, run) for run in (far[0], *here)):
        return far[0].first
    best, weight, telling = None, 0, False
    for run in far:
        features = _features(lexicon, said, run)
        ours = _weigh(features - own)
        if ours > weight and not own - features:
            best, weight = run, ours
            telling = any(kind in _TELLING for kind, _ in features - own)
    # What its own side holds may be it, said in words that we do not know.
    unknown = any(run.seen and not any(s.observed for s in run.statements) for run in here)
    if best is None or weight < (2 if close and telling and not unknown else 3):
        return None
    if _concluded_there(lexicon, said, best, concluded, found, far_side):
        return None
    return best.first


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
    organ = [
        run
        for run in sided
        if any(lexicon.related(p.term.id, name) for s in run.statements for p in s.places for name in names)
    ]
    if any(run.seen for run in organ):
        return organ, True
    regions = {place.term.region for place in said.places} - {""}
    region = [run for run in sided if any(p.term.region in regions for s in run.statements for p in s.places)]
    if any(run.seen for run in region):
        return region, False
    return ([], False) if regions else (sided, False)


def _same_term(said: Statement, run: Evidence) -> bool:
    names = {place.term.id for place in said.places if place.side}
    return any(p.term.id in names for s in run.statements for p in s.places)


def _same_place(lexicon: Lexicon, said: Statement, run: Evidence) -> bool:
    return any(
        lexicon.related(p.term.id, q.term.id) for p in said.places for s in run.statements for q in s.places
    )


_WEIGHTS = {"id": 4, "kin": 2, "place": 3, "word": 1, "all": 2}
_MOST_WORDS = 3
_TELLING = frozenset(("id", "kin", "all"))


def _features(lexicon: Lexicon, said: Statement, run: Evidence) -> set[tuple[str, str]]:
    """What a conclusion and a run of findings have in common."""
    observed = frozenset().union(*(s.observed for s in run.statements)) - {"lesion"}
    lesion = any("lesion" in s.observed for s in run.statements)
    features: set[tuple[str, str]] = set()
    for name in said.observed - {"lesion"}:
        if name in observed:
            features.add(("id", name))
        if observed & lexicon.kin(name):
            features.add(("kin", name))
        elif lesion:
            features.add(("word", name))
    text = " ".join(s.text for s in run.statements if s.state is not State.SOUND)
    features |= {("place", place) for place in _locators(said.text) & _locators(text)}
    ours = _pairs(said)
    shared = {pair for pair in ours if pair in text}
    features |= {("word", pair) for pair in shared}
    if ours and shared == ours:
        features.add(("all", ""))
    return features


def _locators(text: str) -> set[str]:
    return set(_LOCATOR.findall(text.lower()))


def _pairs(statement: Statement) -> set[str]:
    """Pairs of neighbouring characters, without anatomy, sides and words that say nothing."""
    text, base = statement.text, statement.start
    for place in statement.places:
        if place.start >= base and place.end <= statement.end:
            text = text[: place.start - base] + " " * (place.end - place.start) + text[place.end - base :]
    return {run[i : i + 2] for run in _IDLE.split(text) for i in range(len(run) - 1)}
