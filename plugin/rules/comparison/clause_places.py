"""Where the clauses of a text are: the anatomy each names, or takes over from what stands before it."""

from __future__ import annotations

from plugin.text.mention import Mention
from plugin.text.reader import ReadText

_MOST_BACK = 12
"""Clauses back to the anatomy that one without any is of; no sentence of a report is as long."""


def places_at(text: ReadText, clause: int) -> tuple[Mention, ...]:
    """The anatomy of a clause; without any, that of the nearest clause before it in its sentence."""
    sentence = text.clauses[clause].sentence
    by_clause = text.derived(anatomy_by_clause)
    for before in range(clause, max(clause - _MOST_BACK, -1), -1):
        if text.clauses[before].sentence != sentence:
            break
        if before in by_clause:
            return by_clause[before]
    return ()


def regions_up_to(text: ReadText, clause: int) -> set[str]:
    """The regions that a sentence has named when its clause ends."""
    sentence = text.clauses[clause].sentence
    by_clause = text.derived(anatomy_by_clause)
    back = range(clause, max(clause - _MOST_BACK, -1), -1)
    return {
        place.term.region
        for before in back
        if text.clauses[before].sentence == sentence
        for place in by_clause.get(before, ())
    }


def anatomy_by_clause(text: ReadText) -> dict[int, tuple[Mention, ...]]:
    """The anatomy that is of some region, by the clause that names it."""
    named: dict[int, list[Mention]] = {}
    for mention in text.anatomy:
        if mention.term.region:
            named.setdefault(mention.clause, []).append(mention)
    return {clause: tuple(mentions) for clause, mentions in named.items()}
