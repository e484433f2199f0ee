"""Sides told apart by their grades alone: 左侧重度狭窄，右侧轻度狭窄, and 右侧重度狭窄 concluded.

Where both sides have the same, each in its degree, a swapped side shows in the degree; and an
impression that gives one side two of them (右侧中量气胸、右侧微量气胸) has lost the other side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from plugin.domain.issue import Section, Span
from plugin.rules.comparison.claims import MOST_CLAIMS, PRESENT, Claim, opposite
from plugin.rules.comparison.clause_state import State
from plugin.rules.comparison.statements import only_side, statements_of
from plugin.rules.texts import Texts
from plugin.text.reader import ReadText

_GRADE = re.compile(
    r"极?重度|中[至~-]?重度|(?<!轻)中度|轻[至~-]?中度|轻(?:度|微)|大量|中等?量|少量|少许|微量|(?<!不)可复性|不可复性|(?<!不)完全性|不完全性|(?<!不)全层|部分(?=撕裂)"
)
_ALIKE = {"轻微": "轻度", "少许": "少量", "中等量": "中量"}
_BEFORE = 10
"""Characters before an observation among which its grade stands."""
_PIECE = re.compile(r"[，。；、:\n]")
_SIDE = re.compile(r"[左右](?![旋移偏凸弯])")
_WELL = re.compile(r"(?:通畅|正常|未见异常|未见明显异常|完整|连续|显影良好)$")
_LEVEL = re.compile(r"[颈胸腰骶CTLS]\d|第\d|[VMAPC][1-7]")


class _Graded(NamedTuple):
    """What is said in which degree of which side, and where."""

    what: str
    side: str
    grade: str
    places: frozenset[str]
    start: int
    end: int


def grades_across(reading: Texts) -> Iterator[tuple[Span, Span, str]]:
    """Find grades and names of one side that the findings give to the other."""
    said = _graded(reading.impression, reading.impression_claims)
    # Where the findings know one degree, none is on the wrong side.
    degrees = set(_GRADE.findall(reading.findings.text)) if said else set()
    found = _graded(reading.findings, reading.findings_claims) if len(degrees) > 1 else []
    for here in said:
        there = _other_side(here, found) or _twice(reading, here, said)
        if there is not None:
            place = reading.span(Section.IMPRESSION, here.start, here.end)
            yield place, reading.span(Section.FINDINGS, *there), "左右"
            return
    for start, end, where in _well_and_not(reading):
        place = reading.span(Section.IMPRESSION, start, end)
        yield place, reading.span(Section.FINDINGS, *where), "左右"
        return


def _graded(text: ReadText, claims: tuple[Claim, ...]) -> list[_Graded]:
    if _GRADE.search(text.text) is None:
        return []
    result: list[_Graded] = []
    statements = {s.clause: s for s in text.derived(statements_of)}
    for claim in claims[:MOST_CLAIMS]:
        statement = statements.get(claim.what.clause)
        if claim.assertion not in PRESENT or statement is None or _LEVEL.search(statement.text):
            continue
        piece = _piece_at(text.text, claim.what.start, statement.start)
        grades = _GRADE.findall(text.text, max(piece, claim.what.start - _BEFORE), claim.what.end)
        sides = set(_SIDE.findall(text.text, piece, claim.what.start))
        side = (
            {"左": "L", "右": "R"}[sides.pop()] if len(sides) == 1 else "" if sides else only_side(statement)
        )
        if len(grades) == 1 and side and not {"双", "两"} & set(text.text[piece : claim.what.start]):
            places = frozenset(place.term.id for place in claim.places)
            grade = _ALIKE.get(grades[0], grades[0])
            # 右侧颈内动脉斑块，管腔重度狭窄: shown from where its place is named.
            start = piece if piece > statement.start else statement.start + statement.named_at
            result.append(_Graded(claim.id, side, grade, places, start, claim.what.end))
    return result


def _piece_at(text: str, at: int, since: int) -> int:
    """Where the words between two marks begin that hold `at`."""
    begins = [match.end() for match in _PIECE.finditer(text, since, at)]
    return begins[-1] if begins else since


def _other_side(here: _Graded, found: list[_Graded]) -> tuple[int, int] | None:
    """Where the findings give this grade to the other side, and another one to this."""
    same = [there for there in found if there.what == here.what and there.places == here.places]
    own = {there.grade for there in same if there.side == here.side}
    far = [there for there in same if there.side == opposite(here.side)]
    if not own or here.grade in own:
        return None
    return next(((there.start, there.end) for there in far if there.grade == here.grade), None)


def _twice(reading: Texts, here: _Graded, said: list[_Graded]) -> tuple[int, int] | None:
    """Where the findings see something on the other side, that the impression gives to this in another degree."""
    far_side = opposite(here.side)
    again = any(
        other.what == here.what
        and other.side == here.side
        and other.grade != here.grade
        and other.start < here.start
        and (other.places == here.places or not (other.places and here.places))
        for other in said
    )
    if not again or any(
        far_side in statement.sides or "B" in statement.sides
        for statement in reading.impression_statements
        if here.what in statement.observed
    ):
        return None
    kin = reading.lexicon.kin(here.what)
    return next(
        (
            (found.start, found.end)
            for found in reading.findings_statements
            if found.state is State.SEEN and found.sides == {far_side} and not found.observed.isdisjoint(kin)
        ),
        None,
    )


def _well_and_not(reading: Texts) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """右侧输卵管通而不畅；右侧输卵管通畅, where the findings speak of the left as well."""
    wells = [s for s in reading.impression_statements if s.state is State.SOUND and _WELL.search(s.text)]
    if not wells:
        return
    said = [s for s in reading.impression_statements if s.own and only_side(s)]
    for well in wells:
        if well not in said:
            continue
        names = {place.word for place in well.places if place.side} - {""}
        far_side = opposite(only_side(well))
        others = [s for s in said if not names.isdisjoint(place.word for place in s.places)]
        if any(far_side in s.sides for s in others):
            continue
        for other in others:
            if other.state is State.SOUND or other.sides != well.sides or _LEVEL.search(other.text):
                continue
            for found in reading.findings_statements:
                if found.sides == {far_side} and not names.isdisjoint(place.word for place in found.places):
                    yield other.start, other.end, (found.start, found.end)
                    return
