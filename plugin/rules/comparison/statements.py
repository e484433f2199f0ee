"""Statements: what each clause of a section says of which places, seen there or sound.

Claims know observations of the lexicon.  A statement asks less: whether a clause holds that
something is there (left wordless, 纤细, 不连 or an unknown word may say it), or that all is well.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from plugin.rules.comparison.claims import PRESENT, RELATES, only_related
from plugin.rules.comparison.clause_state import State, state_of, state_of_denial, tells_of_change
from plugin.rules.comparison.levels import levels_of, may_name_levels
from plugin.text.derived import Derives
from plugin.text.reader import ReadText
from plugin.text.stretch import Placed, Stretch
from plugin.text.terms import Assertion, Term

MOST_STATEMENTS = 200
"""Statements of a section that are kept; no report makes as many."""
MOST_PLACES = 12
"""Places of one statement that are kept."""


class Site(NamedTuple):
    """Anatomy that a clause is of.

    Parameters
    ----------
    word
        Its name as written; empty where a side alone says it (左叶).
    start
        Where the name begins, from the start of the clause that names it.
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
    named_at
        Where the clause that names its places begins, from its own start: 0 where it does itself.
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
    named_at: int

    def at(self, placed: Placed) -> Statement:
        """The statement of a stretch, in places of the text that the stretch stands in."""
        if not placed.start:
            return self
        at, clause = placed.start, placed.clause
        return tuple.__new__(Statement, (clause + self.clause, at + self.start, at + self.end, *self[3:]))


_SOUND, _OPEN = State.SOUND, State.OPEN
_LOBES = {"liver_left": "L", "liver_right": "R"}
_LOBED = frozenset(("thyroid", "prostate", "liver"))
"""Organs whose lobes are named by side alone."""
_ONE_SIDE = ("L", "R")
_ONLY = {frozenset("L"): "L", frozenset("R"): "R"}
_ALONE = {side: frozenset((side,)) for side in ("L", "R", "B", "C")}
_BARE = {side: _ALONE[side] for side in ("L", "R", "B")}
"""Sides that a word of side says where it stands without anatomy: 对侧 says none."""
_NOTHING: frozenset[str] = frozenset()
"""One for all clauses that name none: what a sentence states is kept while it may come again."""
_UNSAID = frozenset((Assertion.HYPOTHETICAL, Assertion.QUOTED, Assertion.FAMILY))


def only_side(said: Statement) -> str:
    """``L`` or ``R`` where that is the only side a clause speaks of, or else empty."""
    return _ONLY.get(said.sides, "")


class Told(Derives):
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

    __slots__ = ("clauses", "leans", "lobed", "statements", "text")

    def __init__(
        self, stretch: Stretch, statements: tuple[Statement, ...], lobed: Site | None, *, leans: bool
    ) -> None:
        self.text, self.clauses = stretch.text, stretch.clauses
        self.statements, self.lobed, self.leans = statements, lobed, leans
        self._derived = {}


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


def unsound(text: ReadText) -> tuple[Statement, ...]:
    """Those of a section that do not say that all is well."""
    return tuple([said for said in text.derived(statements_of) if said.state is not _SOUND])


def _told_alone(stretch: Stretch) -> Told:
    return _told_after(stretch, None)


def _told_after(text: Stretch, lobed: Site | None) -> Told:
    """Read a stretch that stands somewhere behind one that names the organ `lobed`."""
    # Made as tuples are: their own constructors take twice as long.
    new = tuple.__new__
    result: list[Statement] = []
    anatomy, words = iter(text.anatomy), iter(text.sides)
    place, word = next(anatomy, None), next(words, None)
    observed, denied = _observed(text)
    numbered = may_name_levels(text.text)
    relates = not RELATES.isdisjoint(text.text)
    named_from = 0
    leans = False
    levels = _NOTHING
    unsaid = _unsaid(text)
    sentence = -1
    places: tuple[Site, ...] = ()
    sides = _NOTHING
    carried: dict[str, str] = {}
    for index, (start, end, _, number) in enumerate(text.clauses[:MOST_STATEMENTS]):
        if number != sentence:
            sentence, places, sides, levels, carried = number, (), _NOTHING, _NOTHING, {}
        bare = own_sides = _NOTHING
        lobe = ""
        while word is not None and word[0] < end:
            _, behind, side = word
            word = next(words, None)
            bare |= _BARE.get(side, _NOTHING)
            # 左叶见结节, of the thyroid that an earlier sentence named.
            if text.text.startswith("叶", behind):
                lobe = side
        named: list[Site] = []
        while place is not None and place[0] < end:
            begins, ends, term, side, _, _, assertion = place
            place = next(anatomy, None)
            side = _LOBES.get(term.id, side)
            if side in _ONE_SIDE:
                carried[term.region] = side
            elif side:
                carried.pop(term.region, None)
            elif term.paired and bare:
                side = next(iter(bare)) if len(bare) == 1 else ""
            elif term.paired:
                side = carried.get(term.region, "")
            site = new(Site, (text.text[begins:ends], term, side, begins - start, assertion))
            named.append(site)
            if side:
                own_sides |= _ALONE[side]
            if term.id in _LOBED:
                lobed = site
        if lobe and not named:
            if lobed is None:
                leans = True
            else:
                named.append(lobed._replace(word="", side=lobe, start=0))
                own_sides = _ALONE[lobe]
        said = text.text[start:end]
        if numbered and may_name_levels(said):
            levels = levels_of(said) or levels
        if named and relates and places:
            named = _without_related(text.text, start, named)
        if named:
            named_from = start
            before, places = places, tuple(named[-MOST_PLACES:])
            own_sides = own_sides or bare
            # 垂体左翼见结节，垂体上缘隆起: still of the left; so is the lung in 左侧气胸，肺压缩20%.
            if own_sides or (sides and not _same_or_part(before, places)):
                sides = own_sides
        elif bare:
            sides = bare
        affirmed, negated = observed.get(index, _NOTHING), denied.get(index, _NOTHING)
        state = _OPEN if index in unsaid else _state(said, named, affirmed, negated)
        own, named_at = bool(named or bare), named_from - start if places else 0
        result.append(
            new(
                Statement,
                (index, start, end, said, places, sides, state, affirmed, negated, levels, own, named_at),
            )
        )
    return Told(text, tuple(result), lobed, leans=leans)


def _without_related(text: str, start: int, named: list[Site]) -> list[Site]:
    """Places of a clause without those that it only relates to what was named before: 前列腺增大，突入膀胱."""
    kept = [site for site in named if not only_related(text, start + site.start)]
    return kept if any(site.term.region for site in kept) or len(kept) == len(named) else []


def _observed(text: Stretch) -> tuple[dict[int, frozenset[str]], dict[int, frozenset[str]]]:
    """Observations affirmed, and denied, by clause, of the clauses that have any."""
    observed: dict[int, frozenset[str]] = {}
    denied: dict[int, frozenset[str]] = {}
    for _, _, term, _, _, clause, assertion in text.observations:
        if assertion in PRESENT:
            observed[clause] = observed.get(clause, _NOTHING) | {term.id}
        elif assertion is Assertion.DENIED:
            denied[clause] = denied.get(clause, _NOTHING) | {term.id}
    return observed, denied


def _same_or_part(wholes: tuple[Site, ...], places: tuple[Site, ...]) -> bool:
    """Whether any of `places` is one of `wholes`, or the next smaller part of one."""
    names = {place.term.id for place in wholes}
    return any(place.term.id in names or place.term.parent in names for place in places)


def _unsaid(text: Stretch) -> Collection[int]:
    """Clauses that are advice, another's words or of a relative."""
    if text.assertions.plain:
        return ()
    said_of = text.assertions.in_clause
    return {i for i, (_, end, _, _) in enumerate(text.clauses) if said_of(i, end - 1, end) in _UNSAID}


def _state(said: str, named: list[Site], observed: frozenset[str], denied: frozenset[str]) -> State:
    if observed:
        return State.SEEN
    state = state_of_denial(said) if denied else state_of(said)
    return State.SEEN if state is _OPEN and tells_of_change(_without(said, named)) else state


def _without(said: str, named: list[Site]) -> str:
    """A clause without its anatomy."""
    for word, _, _, start, _ in named:
        said = said[:start] + "·" * len(word) + said[start + len(word) :]
    return said
