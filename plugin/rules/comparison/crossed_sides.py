"""Sides that do not match across the sections, whatever is said of them.

A place that the findings name on the left and the impression on the right alone, and numbered
vertebrae and ribs: 腰4椎体左后缘 against 腰4椎体右后缘.  Nothing is asked of what was found there,
so that it holds for words that no lexicon knows; and it is asked only where the same place, not
its whole, is named on one side here and on the other there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from plugin.domain.issue import Section, Span
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.examined_side import side_and_place, up_to_its_place
from plugin.rules.comparison.levels import may_name_levels
from plugin.rules.comparison.statements import Statement, statements_of
from plugin.rules.texts import Texts
from plugin.text.mention import Mention
from plugin.text.reader import ReadText
from plugin.text.stretch import Stretch
from plugin.text.terms import NOT_SAID

_SOUND = State.SOUND
_SIDES = ("L", "R", "B")
_OTHER = {"L": "R", "R": "L"}
_MOST = 30
"""Places of an impression that are held against the findings; no report has as many that the findings lack."""


Crossed = tuple[Span, Span, str]
"""Place in the impression, place in the findings, and what is crossed."""


def crossed(reading: Texts) -> Iterator[Crossed]:
    """Places, and vertebrae and ribs by number, of the impression on the side that the findings do not name."""
    yield from _named_places(reading)
    yield from _in_the_middle(reading)
    yield from _numbered_places(reading)


def _quoted(reading: Texts, here: tuple[int, int], there: tuple[int, int]) -> Crossed:
    said = up_to_its_place(reading.impression, *here)
    found = up_to_its_place(reading.findings, *there)
    return reading.span(Section.IMPRESSION, *said), reading.span(Section.FINDINGS, *found), "左右"


def names_by_side(text: ReadText) -> dict[str, frozenset[str]]:
    """Anatomy (ids) by the side (``L``, ``R``, ``B``) that a section names it on."""
    named = [placed.stretch.derived(_names_by_side_in) for placed in text.stretches]
    return {side: frozenset().union(*[names[side] for names in named]) for side in _SIDES}


def _names_by_side_in(said: Stretch) -> dict[str, set[str]]:
    return _by_side(said.anatomy)


def _by_side(places: Iterable[Mention]) -> dict[str, set[str]]:
    names: dict[str, set[str]] = {side: set() for side in _SIDES}
    for place in places:
        if place.side in names:
            names[place.side].add(place.term.id)
    return names


def _named_places(reading: Texts) -> Iterator[Crossed]:
    found = reading.findings.derived(names_by_side)
    if not any(_only_across(reading.impression.derived(names_by_side), found)):
        return
    said = reading.impression.derived(_placing_by_side)
    terms = reading.lexicon.terms
    ours = [(name, side) for side in _OTHER for name in said[side] - found[side] if terms[name].paired]
    for name, side in sorted(ours)[:_MOST]:
        other = _OTHER[side]
        if name not in found[other] or name in said[other] or _elsewise(reading, name, side):
            continue
        here = _stated(reading.impression, name, side, (State.SEEN, State.OPEN))
        there = _seen(reading, name, other)
        if here is not None and there is not None:
            yield _quoted(reading, here, there)


def _only_across(
    said: Mapping[str, frozenset[str]], found: Mapping[str, frozenset[str]]
) -> Iterator[frozenset[str]]:
    """Of either side, what is named there here, and on the other side alone there."""
    return ((said[side] & found[other]) - found[side] for side, other in _OTHER.items())


def _in_the_middle(reading: Texts) -> Iterator[Crossed]:
    """脑桥左侧 against 脑桥右侧: halves of what there is one of, under its very name."""
    said = reading.impression.derived(_halves)
    found = reading.findings.derived(_halves) if said else {}
    for word, sides in said.items():
        there = found.get(word, {})
        if len(sides) == len(there) == 1 and sides.keys() != there.keys() and "B" not in there:
            (here,), (where,) = sides.values(), there.values()
            yield _quoted(reading, here, where)
            return


def _halves(text: ReadText) -> dict[str, dict[str, tuple[int, int]]]:
    """Unpaired places by name, and the sides of them of which something is said, each with where first."""
    result: dict[str, dict[str, tuple[int, int]]] = {}
    for statement in text.derived(statements_of):
        if statement.named_at or not statement.sides or statement.state is _SOUND:
            continue
        for word, term, _, start, assertion in statement.places:
            if term.paired or not term.region or term.region.endswith("spine") or assertion in NOT_SAID:
                continue
            if not word or not (half := _half(statement.text, word, start)):
                continue
            begin = statement.start + min(start, half[1])
            end = statement.start + max(start + len(word), half[1] + 1)
            result.setdefault(word, {}).setdefault(half[0], (begin, end))
    return result


_BEHIND = re.compile(r"(?:偏|的)?(?P<side>[左右双两])(?!移|偏|弯|旋|后突|前突)")
_BEFORE = re.compile(r"(?P<side>[左右双两])侧?$")


def _half(said: str, word: str, start: int) -> tuple[str, int] | None:
    """The side word that stands right behind or right before a place, and where."""
    if "左" in word or "右" in word:
        return None
    match = _BEHIND.match(said, start + len(word)) or _BEFORE.search(said[:start])
    if match is None:
        return None
    return {"左": "L", "右": "R"}.get(match["side"], "B"), match.start("side")


def _placing_by_side(text: ReadText) -> dict[str, set[str]]:
    """Anatomy by side, as :func:`names_by_side`, but for what only names what befell the place before it.

    左肺下叶支气管扩张 is of the lobe, not of its bronchus.
    """
    names = {what.start: what.end for what in text.observations}
    ends = {(place.end, place.side) for place in text.anatomy}
    return _by_side(
        [
            place
            for place in text.anatomy
            if not ((place.start, place.side) in ends and names.get(place.start, 0) > place.end)
        ]
    )


def _elsewise(reading: Texts, name: str, side: str) -> bool:
    """Whether the findings may speak of that side in other words: as of both sides, of a lobe, or of a part."""
    said, found = reading.impression.derived(_placing_by_side), reading.findings.derived(names_by_side)
    # Both sides and the left here, both and the right there: it is the single sides that must agree.
    if name in found["B"] and name not in said["B"] and _seen(reading, name, "B") is not None:
        return True
    # 甲状腺右叶见结节。左叶见囊性结节: a lobe is of the organ that was named before it, and bears out
    # as many conclusions as there are findings in it.
    lobes = _told_of(reading.findings_statements, name, side, bare=True)
    if lobes and lobes >= _told_of(reading.impression_statements, name, side, bare=False):
        return True
    if any(name in reading.lexicon.ancestors(part) for part in found[side]):
        return True
    if _both_in_a_clause(reading.findings, name, side):
        return True
    # 右侧颈总动脉斑块，延续至颈内动脉: a clause is on the side that its sentence named.
    return any(
        place.term.id == name and place.side == side
        for statement in reading.findings_statements
        for place in statement.places
    )


def _both_in_a_clause(text: ReadText, name: str, side: str) -> bool:
    """双侧椎动脉以左侧为优势: the clause that names the place speaks of that side as well, without it."""
    clauses = {place.clause for place in text.anatomy if place.term.id == name}
    clauses -= {place.clause for place in text.anatomy if place.side == side}
    return any(value == side and text.clause_index(start) in clauses for start, _, value in text.sides)


def _told_of(statements: Iterable[Statement], name: str, side: str, *, bare: bool) -> int:
    """Clauses that see something at that place on that side; `bare`: those that leave its organ unsaid."""
    return sum(
        statement.own
        and statement.state is State.SEEN
        and any(p.term.id == name and p.side == side and not (bare and p.word) for p in statement.places)
        for statement in statements
    )


def _seen(reading: Texts, name: str, side: str) -> tuple[int, int] | None:
    """Where the findings see something at that place on that side, with the word of its side."""
    return _stated(reading.findings, name, side, (State.SEEN,))


def _stated(text: ReadText, name: str, side: str, states: tuple[State, ...]) -> tuple[int, int] | None:
    for statement in text.derived(statements_of):
        # 右侧胸腔无积液，左侧少量积液: the second clause carries the place of the first, not its side.
        if statement.own and statement.state in states and side in statement.sides:
            for place in statement.places:
                if place.term.id == name and place.side == side and place.assertion not in NOT_SAID:
                    named_from = statement.start + statement.named_at
                    return side_and_place(text, named_from + place.start, len(place.word))
    return None


_LEVEL = r"[CTLS颈胸腰骶]\d{1,2}(?:[/~-][CTLS颈胸腰骶]?\d{1,2})?"
_VERTEBRAE = re.compile(
    rf"(?P<names>{_LEVEL}(?:[、及和](?:{_LEVEL}|\d{{1,2}}(?:/[CTLS颈胸腰骶]?\d{{1,2}})?)){{0,9}})"
    r"[^，。；、\n左右双\d]{0,13}(?P<side>[左右])(?!侧弯|凸|旋)"
)
_COUNTED = re.compile(
    r"(?P<side>[左右])[侧手足]?第(?P<names>\d{1,2}(?:[、~及-]\d{1,2}){0,9})[前后腋近中远]?(?P<kind>[肋掌跖指趾节])"
)
_SIDED_LEVEL = re.compile(
    rf"(?P<side>[左右])侧?(?:椎间孔|椎弓|侧隐窝|神经根|横突|小关节)?(?P<names>(?!T[12](?![/\d椎])){_LEVEL})"
)
_LETTERS = str.maketrans("颈胸腰骶~", "CTLS-")


def _numbered_places(reading: Texts) -> Iterator[Crossed]:
    """Vertebrae, discs and ribs whose only side here is the other one there."""
    said = _numbered(reading.impression.text)
    found = _numbered(reading.findings.text) if said else {}
    for name, sides in said.items():
        there = found.get(name)
        if there is None or len(sides) != 1 or len(there) != 1 or sides.keys() == there.keys():
            continue
        (here,), (where,) = sides.values(), there.values()
        yield _quoted(reading, here, where)
        return


def _numbered(text: str) -> dict[str, dict[str, tuple[int, int]]]:
    """Name of a level, rib or ray to its sides, each with where the text says so first."""
    if "第" not in text and not may_name_levels(text):
        return {}
    result: dict[str, dict[str, tuple[int, int]]] = {}
    for match in chain(_VERTEBRAE.finditer(text), _SIDED_LEVEL.finditer(text)):
        part = ""
        for word in re.split("[、及和]", match["names"].translate(_LETTERS)):
            part = word[0] if word[0] in "CTLS" else part
            name = word if word[0] in "CTLS" else part + word
            result.setdefault(name, {}).setdefault(match["side"], match.span())
    for match in _COUNTED.finditer(text):
        for number in re.split("[、及]", match["names"].translate(_LETTERS)):
            result.setdefault(match["kind"] + number, {}).setdefault(match["side"], match.span())
    return result
