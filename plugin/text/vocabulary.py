"""All words that anybody looks for, in one automaton: a text is passed over once.

Each matcher says afterwards which of its words count where some overlap, so that what it
finds is the same as if it had looked alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

Sighting = tuple[int, int, int]
"""Start, end *below zero* (of words that start together the longest sorts first), index of the word."""


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
        self._seekers = tuple(seekers)
        self._number = {id(seeker): number for number, seeker in enumerate(self._seekers)}
        owners: dict[str, list[tuple[int, int]]] = {}
        for number, seeker in enumerate(self._seekers):
            for index, word in enumerate(seeker.sought):
                owners.setdefault(word, []).append((number, index))
        self._owners = tuple(map(tuple, owners.values()))
        # The compact form: a table for every state does not stay in the processor's cache.
        self._automaton = AhoCorasick(
            list(owners), matchkind=MatchKind.Standard, implementation=Implementation.ContiguousNFA
        )

    def number(self, seeker: Seeker) -> int | None:
        """Where in an answer of :meth:`find` the sightings of `seeker` stand; ``None`` for a stranger."""
        return self._number.get(id(seeker))

    def find(self, folded: str) -> list[list[Sighting]]:
        """Return for each seeker all places of all its words, by end."""
        found: list[list[Sighting]] = [[] for _ in self._seekers]
        owners = self._owners
        for word, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            for seeker, index in owners[word]:
                found[seeker].append((start, -end, index))
        return found
