"""The catalogue's patterns over one table of words, and which of them a text may meet.

All words of all patterns stand in the automaton that runs once over every sentence
(:class:`plugin.text.vocabulary.Vocabulary`).  Most sections of most reports hold all the
words of no pattern; that is told from which words were seen, before anybody asks where.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from operator import itemgetter

from plugin.rules.critical.catalogue import Catalogue
from plugin.rules.critical.grammar import Grammar, Pattern
from plugin.text.every_term import EveryTerm
from plugin.text.stretch import Stretch
from plugin.text.vocabulary import Sighting

_WORD = itemgetter(0)


class Patterns:
    """All patterns of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        grammar = Grammar(catalogue)
        self.all: Sequence[Pattern] = grammar.patterns
        self.extra = grammar.extra
        self._masks = grammar.masks
        self._longest_mask = max(map(len, catalogue.masks), default=0)
        anchored: list[list[int]] = [[] for _ in grammar.word_ids]
        for number, pattern in enumerate(grammar.patterns):
            for word in pattern.anchor:
                anchored[word].append(number)
        self._anchored = tuple(map(tuple, anchored))
        self._beside = [
            [group for group in pattern.needs if group != pattern.anchor] for pattern in grammar.patterns
        ]
        self.words = EveryTerm(list(grammar.word_ids))
        self.longest = max(map(len, grammar.word_ids), default=0)

    def sightings(self, stretch: Stretch) -> Sequence[Sighting]:
        """All places of the words of all patterns in a stretch, whatever stands around them."""
        number = stretch.lexicon.vocabulary.number(self.words)
        return self.words.sightings(stretch.folded) if number is None else stretch.sightings.get(number, ())

    def words_in(self, stretch: Stretch) -> frozenset[int]:
        """The words that a stretch may hold."""
        return frozenset(map(_WORD, self.sightings(stretch)))

    def whole_in(self, stretch: Stretch) -> Sequence[int]:
        """Numbers of the patterns all of whose words a stretch may hold; most hold those of none."""
        return self.whole(stretch.derived(self.words_in))

    def whole(self, here: AbstractSet[int]) -> Sequence[int]:
        """Numbers of the patterns all of whose words are `here`."""
        anchored, beside = self._anchored, self._beside
        numbers = set().union(*[anchored[word] for word in here])
        return [number for number in numbers if not any(map(here.isdisjoint, beside[number]))]

    def spoken(self, folded: str, sightings: Sequence[Sighting]) -> list[Sighting]:
        """Those of `sightings` that are no part of a longer word, and that no mask hides."""
        hits = self.words.whole(folded, sightings)
        masked = sorted([(start, end) for word, start, end in hits if word in self._masks])
        if masked:
            under = {at for start, end in masked for at in range(start, end)}
            hits = [hit for hit in hits if hit[1] not in under or not self._is_masked(masked, hit[1], hit[2])]
        return hits

    def _is_masked(self, masked: list[tuple[int, int]], start: int, end: int) -> bool:
        first = bisect_left(masked, (start - self._longest_mask, 0))
        last = bisect_right(masked, (start, 1 << 30))
        # A word that begins inside another is not that word: 急性期梗死 in 亚急性期梗死.
        return any((e >= end and (s, e) != (start, end)) or s < start < e for s, e in masked[first:last])
