"""Denied? doubted? old? What the words around a place say of it.

Scope follows NegEx and ConText, with what Chinese reports do: a denial reaches to the end
of its clause and through 、及和, until a word such as 可见 or 但 ends it; a comma ends it;
未见 at the end of a clause looks back (骨折征象未见); what stands in quotation marks after
原诊 or 外院 is another's word; advice reaches to the end of its sentence.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence, Set
from operator import itemgetter
from typing import NamedTuple

from plugin.text.matcher import Hit
from plugin.text.segments import Clause
from plugin.text.terms import Assertion, CueWord, Reach

_QUOTE = re.compile(r"(?:原诊|原报告|外院|前次|既往|临床)[^“”\"\n。]{0,12}[“\"]([^”\"]{1,2000})(?:[”\"“]|$)")
_MOST = 32
"""Cues of a clause that are weighed on either side of a place, the nearest; so that a text without
a comma takes no longer than it has characters.  No clause of a report has as many."""
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
_RANK: dict[Assertion | None, int] = {assertion: rank for rank, assertion in enumerate(_ORDER)}
_LAST = len(_ORDER)
_BEFORE, _AFTER, _BOTH, _STOP = Reach.BEFORE, Reach.AFTER, Reach.BOTH, Reach.STOP
_DENIED, _HISTORIC, _AFFIRMED = Assertion.DENIED, Assertion.HISTORIC, Assertion.AFFIRMED
_LASTING = (Assertion.HYPOTHETICAL, Assertion.QUOTED, Assertion.FAMILY)
_STRONG = frozenset((Assertion.HYPOTHETICAL, Assertion.QUOTED, Assertion.FAMILY))


class Cue(NamedTuple):
    """A cue where it stands."""

    start: int
    end: int
    word: CueWord


_START = itemgetter(0)
_NONE: list[Cue] = []


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

    ``reached`` are the clauses of which more may be said than that it is so; where many are asked
    about, the others need not be.
    """

    __slots__ = ("_lasting", "_lasting_sentences", "_of_clause", "_quotes", "clauses", "reached", "starts")

    def __init__(self, text: str, clauses: tuple[Clause, ...], hits: Sequence[Hit[CueWord]]) -> None:
        self.clauses = clauses
        self.starts = [clause.start for clause in clauses]
        self._quotes = (
            tuple(match.span(1) for match in _QUOTE.finditer(text)) if "“" in text or '"' in text else ()
        )
        # Clauses without a cue that asserts are not listed: most of a report is plain.
        self._of_clause: dict[int, list[Cue]] = {}
        self._lasting_sentences: set[int] = set()
        self._lasting: dict[int, list[Cue]] = {}
        stops: list[tuple[int, Cue]] = []
        starts = self.starts
        for start, end, word in hits:
            index = bisect_right(starts, start) - 1
            if index < 0:
                continue
            cue = Cue(start, end, word)
            if word.assertion is None:
                stops.append((index, cue))
                continue
            self._of_clause.setdefault(index, []).append(cue)
            if word.assertion in _LASTING:
                self._lasting_sentences.add(clauses[index].sentence)
                self._lasting.setdefault(index, []).append(cue)
        for index, cue in stops:
            if index in self._of_clause:
                self._of_clause[index].append(cue)
        if stops:
            for index in {index for index, _ in stops} & self._of_clause.keys():
                self._of_clause[index].sort(key=_START)
        self.reached = self._clauses_reached()

    def _clauses_reached(self) -> Set[int]:
        """Clauses of which more is said than that it is so: mostly a few."""
        if self._quotes:
            return set(range(-1, len(self.clauses)))
        if not self._lasting_sentences:
            return self._of_clause.keys()
        lasting = [i for i, clause in enumerate(self.clauses) if clause.sentence in self._lasting_sentences]
        return self._of_clause.keys() | lasting

    @property
    def plain(self) -> bool:
        """Nothing here is advised, another's words or of a relative."""
        return not self._lasting and not self._quotes

    def cues_in(self, index: int, start: int, end: int) -> list[Cue]:
        """Cues whose reach covers ``text[start:end]``, which lies in the clause of this index."""
        if index < 0:
            return []
        found: list[Cue] = []
        clause = self.clauses[index]
        active: list[Cue] = []
        cues = self._of_clause.get(index, _NONE)
        if len(cues) > _MOST:
            here = bisect_left(cues, start, key=_START)
            cues = cues[max(here - _MOST, 0) : here + _MOST]
        for cue in cues:
            cue_start, cue_end, word = cue
            reach = word.reach
            if cue_end <= start:
                if reach is _STOP:
                    active = [kept for kept in active if kept.word.assertion in _STRONG]
                elif reach is _BEFORE or reach is _BOTH:
                    active.append(cue)
            elif cue_start >= end:
                if reach is _STOP:
                    break
                if reach is _AFTER or reach is _BOTH:
                    if word.assertion is not _HISTORIC or cue_start - end <= _LOOK_BACK:
                        found.append(cue)
                elif reach is _BEFORE and word.assertion is _DENIED:
                    if cue_end < clause.end:
                        break
                    found.append(cue)
        found.extend(active)
        if clause.sentence in self._lasting_sentences:
            found.extend(self._lasting_before(index))
        return found

    def in_clause(self, index: int, start: int, end: int) -> Assertion:
        """What the text says of ``text[start:end]``, in the clause of this index; the cue that changes most wins."""
        if index not in self.reached:
            return _AFFIRMED
        if self._quotes and any(opening <= start < closing for opening, closing in self._quotes):
            return Assertion.QUOTED
        cues = self.cues_in(index, start, end)
        if not cues:
            return _AFFIRMED
        best = min([_RANK.get(cue.word.assertion, _LAST) for cue in cues])
        return _ORDER[best] if best < _LAST else _AFFIRMED

    def _lasting_before(self, index: int) -> list[Cue]:
        """Advice and quotations of earlier clauses of the sentence; a few clauses at most."""
        sentence = self.clauses[index].sentence
        for earlier in range(index - 1, max(index - 4, -1), -1):
            if self.clauses[earlier].sentence != sentence:
                break
            if earlier in self._lasting:
                return self._lasting[earlier][:_MOST]
        return []
