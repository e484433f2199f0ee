"""Every term in one pass, also those inside others: for patterns that are built of words."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from ahocorasick_rs import AhoCorasick, MatchKind

from plugin.text.vocabulary import Sighting


class EveryTerm:
    """Finds all occurrences of all terms, overlapping ones too.

    A term that begins or ends with an ASCII letter is found as a whole word only: ``PE`` is
    not in ``PET``.

    Parameters
    ----------
    terms
        Distinct, already folded (:attr:`plugin.text.normalize.Normalized.folded`).
    """

    def __init__(self, terms: Sequence[str]) -> None:
        self.sought = terms
        self._words = frozenset(i for i, term in enumerate(terms) if _letter(term[0]) or _letter(term[-1]))

    @cached_property
    def _automaton(self) -> AhoCorasick:
        return AhoCorasick(self.sought, matchkind=MatchKind.Standard)

    def find(self, folded: str) -> list[Sighting]:
        """Return (index of the term, start, end), by end."""
        return self.whole(folded, self.sightings(folded))

    def sightings(self, folded: str) -> list[Sighting]:
        """The same, with places that are a part of a longer word in ASCII letters."""
        return self._automaton.find_matches_as_indexes(folded, overlapping=True)

    def whole(self, folded: str, sightings: Sequence[Sighting]) -> list[Sighting]:
        """Those of `sightings` that are no part of a longer word."""
        words = self._words
        return [hit for hit in sightings if hit[0] not in words or _whole(folded, hit[1], hit[2])]


def _whole(folded: str, start: int, end: int) -> bool:
    inside_before = start > 0 and _letter(folded[start]) and _letter(folded[start - 1])
    return not inside_before and not (end < len(folded) and _letter(folded[end - 1]) and _letter(folded[end]))


def _letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
