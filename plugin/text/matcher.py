"""Many terms in one pass: Aho-Corasick, leftmost and longest, with their places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Generic, TypeAlias, TypeVar

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from plugin.text.normalize import fold
from plugin.text.vocabulary import Sighting

T = TypeVar("T")


Hit: TypeAlias = tuple[int, int, T]
"""A term found, as (start, end, value): ``folded[start:end]`` is the term, the third what it stands for."""


class TermMatcher(Generic[T]):
    """Finds terms in folded text (:attr:`Normalized.folded`).

    Where terms overlap the leftmost wins, and of those that start together the longest, so
    that 不规则 hides no 规则 and 无名动脉 is no denial.  A term that begins or ends with an
    ASCII letter or digit matches only whole words: ``CT`` is not found in ``ACTH``.

    Parameters
    ----------
    terms
        Pairs of term and value; the later of two equal terms wins.
    """

    def __init__(self, terms: Iterable[tuple[str, T]]) -> None:
        table = {fold(term): value for term, value in terms if term}
        self.sought: Sequence[str] = list(table)
        self._values = list(table.values())
        self._words = [_is_word(term[0]) or _is_word(term[-1]) for term in table]

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(
            self.sought, matchkind=MatchKind.LeftmostLongest, implementation=Implementation.ContiguousNFA
        )

    def find(self, folded: str) -> list[Hit[T]]:
        """Return the hits from left to right, none overlapping another."""
        if not folded:
            return []
        values, words = self._values, self._words
        return [
            (start, end, values[index])
            for index, start, end in self._automaton.find_matches_as_indexes(folded)
            if not words[index] or _whole_word(folded, start, end)
        ]

    def among(self, folded: str, sightings: Sequence[Sighting]) -> list[Hit[T]]:
        """Return what :meth:`find` does, from all places of all terms, overlapping ones too."""
        values, words = self._values, self._words
        hits: list[Hit[T]] = []
        last = 0
        for index, start, end in sorted(sightings, key=lambda sighting: (sighting[1], -sighting[2])):
            if start >= last:
                last = end
                if not words[index] or _whole_word(folded, start, end):
                    hits.append((start, end, values[index]))
        return hits

    def __len__(self) -> int:
        return len(self._values)


def _is_word(character: str) -> bool:
    return character.isascii() and character.isalnum()


def _whole_word(folded: str, start: int, end: int) -> bool:
    before = folded[start - 1] if start else " "
    after = folded[end] if end < len(folded) else " "
    opens = not (_is_word(folded[start]) and _is_letter(before) and _is_letter(folded[start]))
    closes = not (_is_word(folded[end - 1]) and _is_letter(after) and _is_letter(folded[end - 1]))
    return opens and closes


def _is_letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
