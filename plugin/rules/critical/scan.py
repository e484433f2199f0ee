"""Where the catalogue's words stand in a section, sentence by sentence, and which patterns they meet."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter, itemgetter
from typing import NamedTuple

from plugin.rules.critical.context import Place
from plugin.rules.critical.grammar import Pattern, Words
from plugin.rules.critical.patterns import Patterns
from plugin.text.kept import kept
from plugin.text.reader import ReadText
from plugin.text.segments import Clause
from plugin.text.stretch import Placed
from plugin.text.terms import Assertion
from plugin.text.vocabulary import Sighting

_OPENING = re.compile(
    r"(?:增强(?:扫描|后)?)?(?:其|局部|部分|管腔|腔|中心|周围|实质|下方|后方)?(?:内|部|旁)?(?:可|亦|均|仅|尚|又)?(?:探及|查见|见|示|呈|有|考虑|提示|为|可能)"
)
_START = attrgetter("start")
_SIGHTED_TO = itemgetter(2)
_NEAR = 40
_REACH = 160
_UNLESS_NEAR = 15


class Hit(NamedTuple):
    """Normalised characters of one word."""

    start: int
    end: int


class Match(NamedTuple):
    """A pattern met: `anchor` is what is affirmed or denied, `start` to `end` all that belongs to it.

    `clause` holds the beginning of the anchor, `passage` is its sentence.
    """

    pattern: Pattern
    anchor: Hit
    start: int
    end: int
    clause: Clause
    passage: Passage

    @property
    def place(self) -> Place:
        """Where it stands, to be judged."""
        passage = self.passage
        return Place(passage.text, *self.anchor, self.start, self.clause, passage.start, passage.end)


class Scan:
    """The words of the catalogue in one section.

    Most sentences hold the words of no pattern, which is told once for a sentence that comes
    often.  What stands where is looked at in the others alone.

    Parameters
    ----------
    patterns
        Of the catalogue.
    text
        The section, read.
    """

    def __init__(self, patterns: Patterns, text: ReadText) -> None:
        self.patterns, self.text = patterns, text
        self._passages: dict[int, Passage] = {}
        self._held: dict[Words, bool] = {}

    @kept
    def whole(self) -> Sequence[tuple[Pattern, Sequence[Placed]]]:
        """The patterns all of whose words may stand in one sentence, in order, and the stretches where."""
        patterns, where = self.patterns, dict[int, list[Placed]]()
        for run in self._runs():
            if len(run) == 1:
                numbers = run[0].stretch.derived(patterns.whole_in)
            else:
                here = [placed.stretch.derived(patterns.words_in) for placed in run]
                numbers = patterns.whole(frozenset().union(*here))
            for number in numbers:
                where.setdefault(number, []).extend(run)
        return [(patterns.all[number], where[number]) for number in sorted(where)]

    def _runs(self) -> Iterator[list[Placed]]:
        """Stretches no sentence of which goes on in another run."""
        run: list[Placed] = []
        goes_on = False
        for placed in self.text.stretches:
            if run and (not goes_on or placed.start in self._markers):
                yield run
                run = []
            run.append(placed)
            if clauses := placed.stretch.clauses:
                goes_on = clauses[-1].terminator == "；"
        if run:
            yield run

    @kept
    def _markers(self) -> AbstractSet[int]:
        """Where numbered items begin, before which every sentence ends."""
        return {item.marker for item in self.text.items}

    def tries(self, pattern: Pattern, where: Sequence[Placed]) -> Iterator[tuple[Passage, Hit]]:
        """Each place of the pattern's anchor whose sentence holds all of its words."""
        words = pattern.anchor
        passages = {
            self.passage(at + start): None
            for stretch, at, _, _ in where
            for word, start, _ in self.patterns.sightings(stretch)
            if word in words
        }
        for passage in passages:
            if pattern.is_whole(passage.words):
                for anchor in passage.within(words, passage.start, passage.end):
                    yield passage, anchor

    def holds(self, words: Words) -> bool:
        """Whether any of the words stands anywhere in the section."""
        if words not in self._held:
            self._held[words] = any(
                word in words
                for stretch, _, _, _ in self.text.stretches
                for word, _, _ in self.patterns.spoken(stretch.folded, self.patterns.sightings(stretch))
            )
        return self._held[words]

    def passage(self, at: int) -> Passage:
        """The sentence that holds the character; a semicolon does not end it here."""
        index = max(self.text.clause_index(at), 0)
        known = self._passages.get(index)
        if known is None:
            clauses, markers = self.text.clauses, self._markers
            first = last = index
            while first and _joined(clauses[first - 1], clauses[first], markers):
                first -= 1
            while last + 1 < len(clauses) and _joined(clauses[last], clauses[last + 1], markers):
                last += 1
            start, end = clauses[first].start, clauses[last].end
            known = Passage(self.text, start, end, self._spoken(start, end))
            self._passages.update(dict.fromkeys(range(first, last + 1), known))
        return known

    def _spoken(self, start: int, end: int) -> list[Sighting]:
        """The catalogue's words that begin between two characters."""
        stretches, patterns = self.text.stretches, self.patterns
        first = bisect_right(stretches, start, key=_START) - 1
        last = bisect_left(stretches, end, key=_START)
        sighted: list[Sighting] = []
        for stretch, at, _, _ in stretches[first:last]:
            sightings = patterns.sightings(stretch)
            # They stand by their ends: of a long stretch only these are looked at.
            near = slice(
                bisect_right(sightings, start - at, key=_SIGHTED_TO),
                bisect_right(sightings, end - at + patterns.longest, key=_SIGHTED_TO),
            )
            sighted += [
                (word, at + opens, at + closes)
                for word, opens, closes in sightings[near]
                if start <= at + opens < end
            ]
        return patterns.spoken(self.text.folded, sighted)


class Passage:
    """A sentence with the words of the catalogue in it.

    Parameters
    ----------
    text
        The section.
    start, end
        Where the sentence stands.
    spoken
        The words that begin there, in places of the section.
    """

    def __init__(self, text: ReadText, start: int, end: int, spoken: Sequence[Sighting]) -> None:
        self.text, self.start, self.end = text, start, end
        self._spoken = spoken
        self.words = {word for word, _, _ in spoken}
        self._places: dict[Words, tuple[list[Hit], list[int]]] = {}
        self.values: dict[tuple[str, int], float | None] = {}
        """Measure and place to what the words around give: several patterns ask for the same."""

    def within(self, words: Words, start: int, end: int) -> Sequence[Hit]:
        """Places of any of the words that begin between two characters; of those that overlap the longest."""
        if words.isdisjoint(self.words):
            return ()
        if words not in self._places:
            hits = _longest([(at, to) for word, at, to in self._spoken if word in words])
            self._places[words] = hits, [hit.start for hit in hits]
        hits, starts = self._places[words]
        return hits[bisect_left(starts, start) : bisect_left(starts, end)]

    def match(self, pattern: Pattern, anchor: Hit) -> Match | None:
        """Whether all that `pattern` asks for stands around `anchor`; thresholds are the caller's."""
        clause = self.text.clause_at(anchor.start)
        begin, stop = max(self.start, anchor.start - _REACH), min(self.end, anchor.end + _REACH)
        start, end = anchor
        for group in pattern.subject:
            hit = self._subject(group, anchor, clause.start, clause.end, begin)
            if hit is None:
                return None
            start, end = min(start, hit.start), max(end, hit.end)
        if not all(self._company(part, begin, stop, anchor) for part in pattern.company):
            return None
        if pattern.clause_bars:
            first = max(min(clause.start, start), anchor.start - _UNLESS_NEAR)
            last = min(clause.end, anchor.end + _UNLESS_NEAR)
            if any(self.within(group, first, last) for group in pattern.clause_bars):
                return None
        if any(self.within(group, begin, stop) for group in pattern.sentence_bars):
            return None
        return Match(pattern, anchor, start, end, clause, self)

    def _subject(self, group: Words, anchor: Hit, start: int, end: int, begin: int) -> Hit | None:
        """Nearest place of `group` in the clause, or in the clause before one that opens with 见."""
        best: Hit | None = None
        for hit in self.within(group, max(start, anchor.start - _NEAR), min(end, anchor.end + _NEAR)):
            inside = anchor.start <= hit.start and hit.end <= anchor.end
            if not inside and (best is None or _gap(hit, anchor) < _gap(best, anchor)):
                best = hit
        opens = anchor.start - start <= 2 or _OPENING.match(self.text.folded, start)
        for _ in range(2):
            if best is not None or start <= begin or not opens:
                break
            before = self.text.clause_at(start - 1)
            places = self.within(group, max(before.start, begin, anchor.start - _NEAR), start)
            best, start = (places[-1] if places else None), before.start
        return best

    def _company(self, part: Sequence[Words], begin: int, stop: int, anchor: Hit) -> bool:
        for head in self.within(part[-1], begin, stop):
            if head.start < anchor.end and anchor.start < head.end:
                continue
            clause = self.text.clause_at(head.start)
            if all(self.within(group, clause.start, clause.end) for group in part[:-1]) and not self._denied(
                head
            ):
                return True
        return False

    def _denied(self, hit: Hit) -> bool:
        return self.text.assertion_at(*hit) in {Assertion.DENIED, Assertion.HYPOTHETICAL, Assertion.QUOTED}


def _joined(one: Clause, following: Clause, markers: AbstractSet[int]) -> bool:
    """Whether two clauses are of one passage; `markers` are where numbered items begin."""
    if one.sentence != following.sentence and one.terminator != "；":
        return False
    return not markers or markers.isdisjoint(range(one.end, following.start + 1))


def _gap(one: Hit, other: Hit) -> int:
    return max(one.start - other.end, other.start - one.end)


def _longest(places: list[tuple[int, int]]) -> list[Hit]:
    """`places` from left to right; of those that overlap the longest."""
    if len(places) > 1:
        places.sort(key=lambda place: (place[0], -place[1]))
    longest: list[Hit] = []
    last = 0
    for start, end in places:
        if start >= last:
            longest.append(Hit(start, end))
            last = end
    return longest
