"""Statements: what each clause of a section says of which places, seen there or sound.

Claims know observations of the lexicon.  A statement asks less: whether a clause holds that
something is there (left wordless, 纤细, 不连 or an unknown word may say it), or that all is well.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from plugin.rules.claims import PRESENT
from plugin.text.reader import ReadText
from plugin.text.stretch import Placed, Stretch
from plugin.text.terms import Assertion, Term

T = TypeVar("T")

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


class Site(NamedTuple):
    """Anatomy that a clause is of.

    Parameters
    ----------
    word
        Its name as written; empty where a side alone says it (左叶).
    start
        Where the name begins, from the start of the clause: before 0 where an earlier one names it.
    """

    word: str
    term: Term
    side: str
    start: int
    assertion: Assertion


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
    places: tuple[Site, ...]
    sides: frozenset[str]
    state: State
    observed: frozenset[str]
    denied: frozenset[str]
    levels: frozenset[str]
    own: bool

    def at(self, placed: Placed) -> Statement:
        """The statement of a stretch, in places of the text that the stretch stands in."""
        return Statement(
            placed.clause + self.clause, placed.start + self.start, placed.start + self.end, *self[3:]
        )


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
"""One for all clauses that name none: what a sentence states is kept while it may come again."""
_UNSAID = frozenset((Assertion.HYPOTHETICAL, Assertion.QUOTED, Assertion.FAMILY))


class Told:
    """What a stretch of a text states, in places of its own; what follows from that is worked out once.

    Parameters
    ----------
    text, clauses
        Of the stretch.  Not the stretch itself, which keeps this: what knows each other in a circle
        stays until the collector of cycles comes to it.
    statements
        One a clause.
    lobed
        The organ named last, here or before, of those whose lobes are named by side alone.
    leans
        It speaks of a lobe, and leaves the organ to what stands before it.
    """

    __slots__ = ("_derived", "clauses", "leans", "lobed", "statements", "text")

    def __init__(
        self, stretch: Stretch, statements: tuple[Statement, ...], lobed: Site | None, *, leans: bool
    ) -> None:
        self.text, self.clauses = stretch.text, stretch.clauses
        self.statements, self.lobed, self.leans = statements, lobed, leans
        self._derived: dict[Callable[[Told], Any], Any] = {}

    def derived(self, work_out: Callable[[Told], T]) -> T:
        """What `work_out` makes of these statements, and of nothing else: worked out once, and kept."""
        if work_out not in self._derived:
            self._derived[work_out] = work_out(self)
        value: T = self._derived[work_out]
        return value


def told(text: ReadText) -> tuple[tuple[Placed, Told], ...]:
    """Each stretch of a text, where it stands, and what it states."""
    result: list[tuple[Placed, Told]] = []
    lobed: Site | None = None
    for placed in text.stretches:
        stretch, _, clause, _ = placed
        if clause >= MOST_STATEMENTS:
            break
        states = stretch.derived(_told_alone)
        if states.leans and lobed is not None:
            states = _told_after(stretch, lobed)
        lobed = states.lobed or lobed
        if clause + len(states.statements) > MOST_STATEMENTS:
            most = states.statements[: MOST_STATEMENTS - clause]
            states = Told(stretch, most, lobed, leans=states.leans)
        result.append((placed, states))
    return tuple(result)


def statements_of(text: ReadText) -> tuple[Statement, ...]:
    """Read each clause for its places and for what it says of them.

    A clause without anatomy speaks of what the clause before it in the sentence named; anatomy
    without a side lies on the side that the sentence named last for the same region
    (左肾形态正常，肾盂见结石).
    """
    return tuple([said.at(placed) for placed, states in text.derived(told) for said in states.statements])


def _told_alone(stretch: Stretch) -> Told:
    return _told_after(stretch, None)


def _told_after(text: Stretch, lobed: Site | None) -> Told:
    """Read a stretch that stands somewhere behind one that names the organ `lobed`."""
    result: list[Statement] = []
    anatomy, observations, words = text.anatomy, text.observations, text.sides
    at = seen_at = word_at = begun = 0
    leans = False
    levels = _NOTHING
    sentence = -1
    places: tuple[Site, ...] = ()
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
        named: list[Site] = []
        while at < len(anatomy) and anatomy[at].start < clause.end:
            start, end, term, side, _, _, assertion = anatomy[at]
            at += 1
            side = _LOBES.get(term.id, side)
            if side in {"L", "R"}:
                carried[term.region] = side
            elif side:
                carried.pop(term.region, None)
            elif term.paired and bare:
                side = next(iter(bare)) if len(bare) == 1 else ""
            elif term.paired:
                side = carried.get(term.region, "")
            site = Site(text.text[start:end], term, side, start - clause.start, assertion)
            named.append(site)
            if term.id in _LOBED:
                lobed = site
        if lobe and not named:
            if lobed is None:
                leans = True
            else:
                named.append(lobed._replace(word="", side=lobe, start=0))
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
        else:
            places = tuple([place._replace(start=place.start - clause.start + begun) for place in places])
            sides = frozenset(bare) if bare else sides
        begun = clause.start
        result.append(
            Statement(
                index,
                clause.start,
                clause.end,
                said,
                places,
                sides,
                _state(text, index, said, _without(said, named), observed, denied),
                frozenset(observed) if observed else _NOTHING,
                frozenset(denied) if denied else _NOTHING,
                levels,
                bool(named or bare),
            )
        )
    return Told(text, tuple(result), lobed, leans=leans)


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


def _without(said: str, named: list[Site]) -> str:
    """A clause without its anatomy: 胆囊 is no cyst."""
    for word, _, _, start, _ in named:
        said = said[:start] + "·" * len(word) + said[start + len(word) :]
    return said


def _state(text: Stretch, index: int, said: str, bare: str, observed: set[str], denied: set[str]) -> State:
    _, end, *_ = text.clauses[index]
    if text.assertions.in_clause(index, end - 1, end) in _UNSAID:
        return State.OPEN
    return State.SEEN if observed else _state_of(said, bare, denied=bool(denied))


@lru_cache(maxsize=CLAUSES_KEPT)
def _state_of(said: str, bare: str, *, denied: bool) -> State:
    if _SEEN.search(said):
        return State.SEEN
    if denied or _SOUND.search(said):
        return State.SEEN if not denied and "未见" not in said and _MIXED.search(said) else State.SOUND
    return State.SEEN if _SHOWN.search(said) or _CHANGED.search(bare) else State.OPEN
