"""Where the catalogue's patterns stand in a text.

All words of all patterns go into one automaton that runs once over a section; patterns are
then tried only where their anchor, the last group before the first ``&``, was found.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from plugin.rules.critical_catalogue import Catalogue
from plugin.rules.critical_grammar import Grammar, Pattern
from plugin.text.every_term import EveryTerm
from plugin.text.kept import kept
from plugin.text.reader import ReadText
from plugin.text.segments import Clause
from plugin.text.stretch import Stretch
from plugin.text.terms import Assertion
from plugin.text.vocabulary import Sighting

_OPENING = re.compile(
    r"(?:增强(?:扫描|后)?)?(?:其|局部|部分|管腔|腔|中心|周围|实质|下方|后方)?(?:内|部|旁)?(?:可|亦|均|仅|尚|又)?(?:探及|查见|见|示|呈|有|考虑|提示|为|可能)"
)
_NEAR = 40
_REACH = 160
_UNLESS_NEAR = 15


class Hit(NamedTuple):
    """Normalised characters of one word."""

    start: int
    end: int


class Match(NamedTuple):
    """A pattern met: `anchor` is what is affirmed or denied, `start` to `end` all that belongs to it."""

    pattern: Pattern
    anchor: Hit
    start: int
    end: int


class Spoken(NamedTuple):
    """The catalogue's words in a stretch of a text: word, start and end of each, and the groups that hold any of them."""

    hits: tuple[Sighting, ...]
    groups: int


class Patterns:
    """All patterns of a catalogue with their automaton."""

    def __init__(self, catalogue: Catalogue) -> None:
        grammar = Grammar(catalogue)
        self.groups, self.extra, self.masks = grammar.groups, grammar.extra, grammar.masks
        self._longest_mask = max(map(len, catalogue.masks), default=0)
        anchored: dict[int, list[Pattern]] = {}
        for pattern in grammar.patterns:
            anchored.setdefault(pattern.anchor, []).append(pattern)
        self.by_anchor = {group: tuple(started) for group, started in anchored.items()}
        self._anchoring = sum(1 << group for group in anchored)
        self._groups_of = [0] * len(grammar.word_ids)
        for index, group in enumerate(self.groups):
            for word in group:
                self._groups_of[word] |= 1 << index
        self.words = EveryTerm(list(grammar.word_ids))

    def groups_with(self, words: Iterable[int]) -> int:
        """The groups that hold any of these words, a bit each: hundreds of sets in one number."""
        groups_of, here = self._groups_of, 0
        for word in words:
            here |= groups_of[word]
        return here

    def whole(self, here: int) -> list[tuple[int, Pattern]]:
        """The patterns all of whose words are among the groups `here`, each with its anchor, in order."""
        found: list[tuple[int, Pattern]] = []
        anchors = here & self._anchoring
        while anchors:
            # A text holds a dozen of the hundreds of anchors: from one bit to the next.
            lowest = anchors & -anchors
            anchors ^= lowest
            group = lowest.bit_length() - 1
            found += [
                (group, pattern) for pattern in self.by_anchor[group] if pattern.needs & here == pattern.needs
            ]
        return found

    def scan(self, text: ReadText) -> Scan:
        """Find all words of all patterns in one section."""
        return Scan(self, text)

    def spoken(self, stretch: Stretch) -> Spoken:
        """The words of all patterns in a stretch, without parts of longer words and what a mask hides."""
        number = stretch.lexicon.vocabulary.number(self.words)
        sightings = self.words.sightings(stretch.folded) if number is None else stretch.sightings.get(number)
        hits = self.words.whole(stretch.folded, sightings) if sightings else []
        masked = sorted([(start, end) for word, start, end in hits if word in self.masks])
        if masked:
            under = {at for start, end in masked for at in range(start, end)}
            hits = [hit for hit in hits if hit[1] not in under or not self._is_masked(masked, hit[1], hit[2])]
        return Spoken(tuple(hits), self.groups_with({word for word, _, _ in hits}))

    def _is_masked(self, masked: list[tuple[int, int]], start: int, end: int) -> bool:
        first = bisect_left(masked, (start - self._longest_mask, 0))
        last = bisect_right(masked, (start, 1 << 30))
        # A word that begins inside another is not that word: 急性期梗死 in 亚急性期梗死.
        return any((e >= end and (s, e) != (start, end)) or s < start < e for s, e in masked[first:last])


class Scan:
    """The words of the catalogue in one section, by group.

    Parameters
    ----------
    patterns
        Of the catalogue.
    text
        The section, read.
    """

    def __init__(self, patterns: Patterns, text: ReadText) -> None:
        self.patterns, self.text = patterns, text
        self._spoken = [
            (at, spoken)
            for stretch, at, _, _ in text.stretches
            if (spoken := stretch.derived(patterns.spoken)).groups
        ]
        self._here = 0
        for _, spoken in self._spoken:
            self._here |= spoken.groups
        self._sorted: dict[int, tuple[list[Hit], list[int]]] = {}
        self._passages: dict[int, tuple[int, int]] = {}

    @kept
    def anchors(self) -> Sequence[tuple[Pattern, Hit]]:
        """Each pattern all of whose words are here somewhere, with each place of its anchor."""
        return tuple(
            [(pattern, hit) for group, pattern in self.patterns.whole(self._here) for hit in self.hits(group)]
        )

    def hits(self, group: int) -> list[Hit]:
        """Places of a group from left to right; of words that overlap the longest."""
        return self._of(group)[0]

    def _of(self, group: int) -> tuple[list[Hit], list[int]]:
        known = self._sorted.get(group)
        if known is None:
            longest: list[Hit] = []
            if self._here >> group & 1:
                words = self.patterns.groups[group]
                places = [
                    (at + start, at + end)
                    for at, (hits, groups) in self._spoken
                    if groups >> group & 1
                    for word, start, end in hits
                    if word in words
                ]
                if len(places) > 1:
                    places.sort(key=lambda place: (place[0], -place[1]))
                last = 0
                for start, end in places:
                    if start >= last:
                        longest.append(Hit(start, end))
                        last = end
            known = self._sorted[group] = longest, [hit.start for hit in longest]
        return known

    def within(self, group: int, start: int, end: int) -> Sequence[Hit]:
        """Places of a group that begin between two characters."""
        if not self._here >> group & 1:
            return ()
        hits, starts = self._of(group)
        return hits[bisect_left(starts, start) : bisect_left(starts, end)]

    def passage(self, at: int) -> tuple[int, int]:
        """Span of the sentence that holds the character; a semicolon does not end it here."""
        clauses = self.text.clauses
        index = max(self.text.clause_index(at), 0)
        span = self._passages.get(index)
        if span is None:
            markers = {item.marker for item in self.text.items}
            first = last = index
            while first and _joined(clauses[first - 1], clauses[first], markers):
                first -= 1
            while last + 1 < len(clauses) and _joined(clauses[last], clauses[last + 1], markers):
                last += 1
            span = clauses[first].start, clauses[last].end
            self._passages.update(dict.fromkeys(range(first, last + 1), span))
        return span

    def match(self, pattern: Pattern, anchor: Hit) -> Match | None:
        """Whether all that `pattern` asks for stands around `anchor`; thresholds are the caller's."""
        clause = self.text.clause_at(anchor.start)
        begin, stop = self.passage(anchor.start)
        begin, stop = max(begin, anchor.start - _REACH), min(stop, anchor.end + _REACH)
        start, end = anchor
        for group in pattern.subject:
            hit = self._subject(group, anchor, clause.start, clause.end, begin)
            if hit is None:
                return None
            start, end = min(start, hit.start), max(end, hit.end)
        if not all(self._company(part, begin, stop, anchor) for part in pattern.company):
            return None
        near = (
            max(min(clause.start, start), anchor.start - _UNLESS_NEAR),
            min(clause.end, anchor.end + _UNLESS_NEAR),
        )
        if any(self.within(group, *near) for group in pattern.clause_bars):
            return None
        if any(self.within(group, begin, stop) for group in pattern.sentence_bars):
            return None
        return Match(pattern, anchor, start, end)

    def _subject(self, group: int, anchor: Hit, start: int, end: int, begin: int) -> Hit | None:
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

    def _company(self, part: Sequence[int], begin: int, stop: int, anchor: Hit) -> bool:
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


def _joined(one: Clause, following: Clause, markers: set[int]) -> bool:
    """Whether two clauses are of one passage; `markers` are where numbered items begin."""
    if one.sentence != following.sentence and one.terminator != "；":
        return False
    return not markers or markers.isdisjoint(range(one.end, following.start + 1))


def _gap(one: Hit, other: Hit) -> int:
    return max(one.start - other.end, other.start - one.end)
