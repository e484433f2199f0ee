"""Words of many lists in one automaton, for lists of which a text mostly holds nothing.

An automaton is larger than a processor's near memory, so that a pass over a text costs about
the same for forty words as for four thousand.  Anatomy, observations and cues, which every
text is full of, have passes of their own; what the rules look for besides shares this one.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Protocol

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

Sighting = tuple[int, int, int]
"""Index of the word, start, end."""


class Seeker(Protocol):
    """One who looks for words: a matcher of terms, the patterns of the catalogue."""

    @property
    def sought(self) -> Sequence[str]:
        """Distinct folded words; a sighting names one by its index here."""
        ...


class Vocabulary:
    """The words of several seekers.

    Parameters
    ----------
    seekers
        Each with words of its own; a word may be sought by several.
    """

    def __init__(self, seekers: Iterable[Seeker]) -> None:
        # The one that finds the most first, for that is handed on as it is: words of one character
        # stand everywhere, thousands of misspelt ones almost nowhere.
        self._seekers = sorted(seekers, key=lambda seeker: -sum(len(word) == 1 for word in seeker.sought))
        self._number = {id(seeker): number for number, seeker in enumerate(self._seekers)}
        words: list[str] = []
        self._firsts: list[int] = []
        for seeker in self._seekers:
            self._firsts.append(len(words))
            words += seeker.sought
        self._first = len(self._seekers[0].sought) if self._seekers else 0
        # The compact form: of a table for every state too little stays near the processor.
        self._automaton = AhoCorasick(
            words, matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA
        )

    def number(self, seeker: Seeker) -> int | None:
        """Where in an answer of :meth:`find` the sightings of `seeker` stand; ``None`` for a stranger."""
        return self._number.get(id(seeker))

    def find(self, folded: str) -> dict[int, list[Sighting]]:
        """Return all places of all words, overlapping ones too, by end; by seeker, of those that have any."""
        sightings = self._automaton.find_matches_as_indexes(folded, overlapping=True)
        if not sightings:
            return {}
        first = self._first
        found = {0: sightings}
        rare = [sighting for sighting in sightings if sighting[0] >= first]
        if rare:
            found[0] = [sighting for sighting in sightings if sighting[0] < first]
            for word, start, end in rare:
                number = bisect_right(self._firsts, word) - 1
                found.setdefault(number, []).append((word - self._firsts[number], start, end))
        return found
