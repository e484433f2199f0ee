"""Every term in one pass, also those inside others: for patterns that are built of words."""

from __future__ import annotations

from collections.abc import Sequence

from ahocorasick_rs import AhoCorasick, MatchKind


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
        self._opens = [_letter(term[0]) for term in terms]
        self._closes = [_letter(term[-1]) for term in terms]
        self._automaton = AhoCorasick(list(terms), matchkind=MatchKind.Standard)

    def find(self, folded: str) -> list[tuple[int, int, int]]:
        """Return (index of the term, start, end), by end."""
        opens, closes = self._opens, self._closes
        return [
            hit
            for hit in self._automaton.find_matches_as_indexes(folded, overlapping=True)
            if not (
                (opens[hit[0]] and hit[1] and _letter(folded[hit[1] - 1]))
                or (closes[hit[0]] and hit[2] < len(folded) and _letter(folded[hit[2]]))
            )
        ]


def _letter(character: str) -> bool:
    return character.isascii() and character.isalpha()
