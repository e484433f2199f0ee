"""Denied? doubted? old? What the words around a place say of it.

Scope follows NegEx and ConText, with what Chinese reports do: a denial reaches to the end
of its clause and through 、及和, until a word such as 可见 or 但 ends it; a comma ends it;
未见 at the end of a clause looks back (骨折征象未见); what stands in quotation marks after
原诊 or 外院 is another's word; advice reaches to the end of its sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from plugin.text.lexicon import Assertion, CueWord, Reach
from plugin.text.matcher import Hit
from plugin.text.segments import Clause

_QUOTE = re.compile(r"(?:原诊|原报告|外院|前次|既往|临床)[^“”\"\n。]{0,12}[“\"]([^”\"]{1,2000})(?:[”\"“]|$)")
_LOOK_BACK = 16
"""How far an after-cue of time (术后, 病史) may stand from what it speaks of, in characters."""

_ORDER = (
    Assertion.QUOTED,
    Assertion.FAMILY,
    Assertion.DENIED,
    Assertion.RESOLVED,
    Assertion.HYPOTHETICAL,
    Assertion.UNCERTAIN,
    Assertion.HISTORIC,
    Assertion.KNOWN,
    Assertion.PROBABLE,
)
_RANK = {assertion: rank for rank, assertion in enumerate(_ORDER)}
_LASTING = (Assertion.HYPOTHETICAL, Assertion.QUOTED, Assertion.FAMILY)
_STRONG = frozenset((Assertion.HYPOTHETICAL, Assertion.QUOTED, Assertion.FAMILY))


class Cue(NamedTuple):
    """A cue where it stands."""

    start: int
    end: int
    word: CueWord


class Assertions:
    """Answers, for one section, what its words say of a place.

    Parameters
    ----------
    text
        Normalised.
    clauses
        Of `text`.
    hits
        Cue words found in it.
    """

    __slots__ = ("_lasting_sentences", "_of_clause", "_quotes", "_starts", "clauses")

    def __init__(self, text: str, clauses: tuple[Clause, ...], hits: Sequence[Hit[CueWord]]) -> None:
        self.clauses = clauses
        self._starts = [clause.start for clause in clauses]
        self._quotes = (
            tuple(match.span(1) for match in _QUOTE.finditer(text)) if "“" in text or '"' in text else ()
        )
        # Clauses without a cue that asserts are not listed: most of a report is plain.
        self._of_clause: dict[int, list[Cue]] = {}
        self._lasting_sentences: set[int] = set()
        stops: list[tuple[int, Cue]] = []
        for start, end, word in hits:
            index = self.clause_index(start)
            if index < 0:
                continue
            cue = Cue(start, end, word)
            if word.assertion is None:
                stops.append((index, cue))
                continue
            self._of_clause.setdefault(index, []).append(cue)
            if word.assertion in _LASTING:
                self._lasting_sentences.add(clauses[index].sentence)
        for index, cue in stops:
            if index in self._of_clause:
                self._of_clause[index].append(cue)
        for cues in self._of_clause.values():
            cues.sort(key=itemgetter(0))

    def clause_index(self, at: int) -> int:
        """Index of the clause that holds the character, or that ends before it; -1 before the first."""
        return bisect_right(self._starts, at) - 1

    def cues_at(self, start: int, end: int) -> tuple[Cue, ...]:
        """Cues whose reach covers ``text[start:end]``."""
        index = self.clause_index(start)
        if index < 0:
            return ()
        found: list[Cue] = []
        clause = self.clauses[index]
        active: list[Cue] = []
        for cue in self._of_clause.get(index, ()):
            reach = cue.word.reach
            if cue.end <= start:
                if reach is Reach.STOP:
                    active = [kept for kept in active if kept.word.assertion in _STRONG]
                elif reach is Reach.BEFORE or reach is Reach.BOTH:
                    active.append(cue)
            elif cue.start >= end:
                if reach is Reach.STOP:
                    break
                if reach is Reach.AFTER or reach is Reach.BOTH:
                    if cue.word.assertion is not Assertion.HISTORIC or cue.start - end <= _LOOK_BACK:
                        found.append(cue)
                elif reach is Reach.BEFORE:
                    if cue.word.assertion is Assertion.DENIED and cue.end >= clause.end:
                        found.append(cue)
                    elif cue.word.assertion is Assertion.DENIED:
                        break
        found.extend(active)
        if clause.sentence in self._lasting_sentences:
            found.extend(self._lasting(index))
        return tuple(found)

    def at(self, start: int, end: int) -> Assertion:
        """What the text says of ``text[start:end]``; the cue that changes most wins."""
        return self.in_clause(self.clause_index(start), start, end)

    def in_clause(self, index: int, start: int, end: int) -> Assertion:
        """The same, for a place in the clause of this index."""
        if self._quotes and any(opening <= start < closing for opening, closing in self._quotes):
            return Assertion.QUOTED
        if index not in self._of_clause and (
            index < 0 or self.clauses[index].sentence not in self._lasting_sentences
        ):
            return Assertion.AFFIRMED
        best = len(_ORDER)
        for cue in self.cues_at(start, end):
            if cue.word.assertion is not None:
                best = min(best, _RANK[cue.word.assertion])
        return _ORDER[best] if best < len(_ORDER) else Assertion.AFFIRMED

    def _lasting(self, index: int) -> list[Cue]:
        """Advice and quotations of earlier clauses of the sentence; a few clauses at most."""
        sentence = self.clauses[index].sentence
        for earlier in range(index - 1, max(index - 4, -1), -1):
            if self.clauses[earlier].sentence != sentence:
                break
            lasting = [cue for cue in self._of_clause.get(earlier, ()) if cue.word.assertion in _LASTING]
            if lasting:
                return lasting
        return []
