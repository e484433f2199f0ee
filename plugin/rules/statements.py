"""Statements: what each clause of a section says of which places, seen there or sound.

Claims know observations of the lexicon.  A statement asks less: whether a clause holds that
something is there (left wordless, 纤细, 不连 or an unknown word may say it), or that all is well.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from plugin.rules.claims import PRESENT
from plugin.text.reader import Mention, ReadText
from plugin.text.terms import Assertion

CLAUSES_KEPT = 10_000
"""Clauses of which is remembered what they say: a hospital writes from templates, and most come again all day."""
MOST_STATEMENTS = 200
"""Statements of a section that are kept; no report makes as many."""
MOST_PLACES = 12
"""Places of one statement that are kept."""


class State(Enum):
    """What a clause says of its places."""

    SEEN = "seen"
    SOUND = "sound"
    OPEN = "open"
    """Neither: a position, a size, advice, another's words."""


class Statement(NamedTuple):
    """One clause.

    Parameters
    ----------
    clause
        Index into the clauses of its section; `start` and `end` are the clause's.
    places
        Anatomy it names, or else what the clause before it in the sentence named.
    sides
        ``L``, ``R``, ``B`` of these places, or of side words that stand without anatomy.
    state
        Seen, sound or open.
    observed, denied
        Observations affirmed (whatever their certainty), and denied.
    levels
        Vertebrae, discs and liver segments it speaks of: ``L4``, ``L4/5``, ``H8``.
    own
        The clause names its places, or its side, itself.
    """

    clause: int
    start: int
    end: int
    text: str
    places: tuple[Mention, ...]
    sides: frozenset[str]
    state: State
    observed: frozenset[str]
    denied: frozenset[str]
    levels: frozenset[str]
    own: bool


_SEEN = re.compile(r"(?<![未不所])见(?!于|下|[^，。；]{0,8}卵泡)|探及|可及|检出(?!率)")
_SOUND = re.compile(
    r"未见|正常|如常|(?<!肺)无(?!名|回声|强化|肺纹理|功能|痛|菌)|清晰|良好|光[滑整]|(?<![不欠])均匀|自然|(?<![不欠])对称|不大|不厚|不宽|不粗|不高"
    r"|锐利|通畅|(?<![不欠])(?:连续|完整)(?!性)|尚可|在位|居中|未(?:受|探|发现|显示异常)|存在$|可$|阴性"
)
_SHOWN = re.compile(r"呈(?!等信号)|(?<![所图显提])示(?!意)")
_CHANGED = re.compile(
    r"增|减|肿|变|破|[高低混]密度|[高低混]信号|多发|散在|断|缺|受|突|裂|粗|细|模糊|紊乱|毛糙|不[均清连整齐光规]|欠|抬高|下陷|硬化|闭塞|不良|塌|粘连|畸形|迂曲"
    r"|偏|钝|浅|积|充满|消失|扩|狭|窄|厚|分离|脱|浸润|包绕|衰减|阻|栓|瘤|癌|炎|囊|石|灶|影$|病|疝|疱|泡|结节|瘘|栓|瘀|漏|坏死|压缩|受压|移"
)
_MIXED = re.compile(
    r"[增减][高低宽粗大强多]|(?:稍|略|轻度|明显|局部|不同程度)[^，。；]{0,4}(?:[增减][高低宽粗大强多]|变|毛糙|模糊|不)"
)
_LOBES = {"liver_left": "L", "liver_right": "R"}
_LOBED = frozenset(("thyroid", "prostate", "liver"))
"""Organs whose lobes are named by side alone."""
_NOTHING: frozenset[str] = frozenset()
"""One for all clauses that name none: a text is kept while it may be looked at again."""
_UNSAID = frozenset((Assertion.HYPOTHETICAL, Assertion.QUOTED, Assertion.FAMILY))


def statements_of(text: ReadText) -> tuple[Statement, ...]:
    """Read each clause for its places and for what it says of them.

    A clause without anatomy speaks of what the clause before it in the sentence named; anatomy
    without a side lies on the side that the sentence named last for the same region
    (左肾形态正常，肾盂见结石).
    """
    result: list[Statement] = []
    anatomy, observations, words = text.anatomy, text.observations, text.sides
    at = seen_at = word_at = 0
    levels = _NOTHING
    lobed: Mention | None = None
    sentence = -1
    places: tuple[Mention, ...] = ()
    sides = _NOTHING
    carried: dict[str, str] = {}
    for index, clause in enumerate(text.clauses[:MOST_STATEMENTS]):
        if clause.sentence != sentence:
            sentence, places, sides, carried = clause.sentence, (), _NOTHING, {}
            levels = _NOTHING
        bare: set[str] = set()
        lobe = ""
        while word_at < len(words) and words[word_at][0] < clause.end:
            bare.add(words[word_at][2])
            # 左叶见结节, of the thyroid that an earlier sentence named.
            if text.text[words[word_at][1] : words[word_at][1] + 1] == "叶":
                lobe = words[word_at][2]
            word_at += 1
        bare &= {"L", "R", "B"}
        named: list[Mention] = []
        while at < len(anatomy) and anatomy[at].start < clause.end:
            place = anatomy[at]
            at += 1
            if place.term.id in _LOBES:
                place = place._replace(side=_LOBES[place.term.id])
            if place.side in {"L", "R"}:
                carried[place.term.region] = place.side
            elif place.side:
                carried.pop(place.term.region, None)
            elif place.term.paired and bare:
                place = place._replace(side=next(iter(bare)) if len(bare) == 1 else "")
            elif place.term.paired and place.term.region in carried:
                place = place._replace(side=carried[place.term.region])
            named.append(place)
            if place.term.id in _LOBED:
                lobed = place
        if lobe and lobed and not named:
            named.append(lobed._replace(side=lobe, start=clause.start, end=clause.start))
        observed: set[str] = set()
        denied: set[str] = set()
        while seen_at < len(observations) and observations[seen_at].start < clause.end:
            what = observations[seen_at]
            seen_at += 1
            if what.assertion in PRESENT:
                observed.add(what.term.id)
            elif what.assertion is Assertion.DENIED:
                denied.add(what.term.id)
        said = text.text[clause.start : clause.end]
        levels = (levels_of(said) if _DIGIT.search(said) else _NOTHING) or levels
        if named:
            places = tuple(named[-MOST_PLACES:])
            before = result[-1] if result and result[-1].clause == index - 1 and sides else None
            stay = before is not None and {p.term.id for p in before.places} & {p.term.id for p in places}
            own_sides = {place.side for place in places if place.side} or bare
            # 垂体左翼见结节，垂体上缘隆起: still of the left.
            sides = frozenset(own_sides) if own_sides else (sides if stay else _NOTHING)
        elif bare:
            sides = frozenset(bare)
        result.append(
            Statement(
                index,
                clause.start,
                clause.end,
                said,
                places,
                sides,
                _state(text, index, said, _without(said, clause.start, named), observed, denied),
                frozenset(observed) if observed else _NOTHING,
                frozenset(denied) if denied else _NOTHING,
                levels,
                bool(named or bare),
            )
        )
    return tuple(result)


_LEVEL = re.compile(
    r"(?P<part>[CTLS颈胸腰骶])(?P<first>\d{1,2})(?P<to>[/~\-])?(?:(?P<other>[CTLS颈胸腰骶])?(?P<last>\d{1,2}))?"
    r"|[、及和](?P<again>\d{1,2}/\d{1,2})(?!\d)|(?<=[肝叶段、及])S(?P<segment>[1-8])"
)
_DIGIT = re.compile(r"\d")
_PARTS = {"颈": "C", "胸": "T", "腰": "L", "骶": "S"}


@lru_cache(maxsize=CLAUSES_KEPT)
def levels_of(said: str) -> frozenset[str]:
    """Vertebrae (``L4``), discs (``L4/5``) and liver segments (``H8``) named in a clause."""
    found: set[str] = set()
    part = ""
    for match in _LEVEL.finditer(said):
        if match["segment"] or ("肝" in said and match["part"] == "S"):
            found.add("H" + (match["segment"] or match["first"]))
        elif match["again"]:
            found.add(part + match["again"])
        else:
            part = _PARTS.get(match["part"], match["part"])
            first, last = int(match["first"]), int(match["last"] or match["first"])
            if match["to"] == "/" and match["last"]:
                found.add(f"{part}{first}/{last}")
            elif match["to"] and not match["other"] and first < last:
                found.update(f"{part}{n}" for n in range(first, last + 1))
                found.update(f"{part}{n}/{n + 1}" for n in range(first, last))
            else:
                found.add(f"{part}{first}")
    return frozenset(found)


def _without(said: str, start: int, named: list[Mention]) -> str:
    """A clause without its anatomy: 胆囊 is no cyst."""
    for place in named:
        said = said[: place.start - start] + "·" * (place.end - place.start) + said[place.end - start :]
    return said


def _state(text: ReadText, index: int, said: str, bare: str, observed: set[str], denied: set[str]) -> State:
    if text.assertions.in_clause(index, text.clauses[index].end - 1, text.clauses[index].end) in _UNSAID:
        return State.OPEN
    return State.SEEN if observed else _told(said, bare, denied=bool(denied))


@lru_cache(maxsize=CLAUSES_KEPT)
def _told(said: str, bare: str, *, denied: bool) -> State:
    if _SEEN.search(said):
        return State.SEEN
    if denied or _SOUND.search(said):
        return State.SEEN if not denied and "未见" not in said and _MIXED.search(said) else State.SOUND
    return State.SEEN if _SHOWN.search(said) or _CHANGED.search(bare) else State.OPEN
