"""How findings describe what is concluded: the observations, and the other words, that bear it out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from plugin.kit.registry import Options


class Description(Options):
    """One row of `conclusion_without_finding.description`.

    Parameters
    ----------
    of
        Observations that must be described where they are concluded.
    said
        Of these only the conclusions whose clause holds this (folded text); of several rows the first that
        fits counts.
    by
        Observations that describe them too, besides those of their group.
    at
        Anatomy that they are of though their name holds it alone: 脂肪肝.
    words
        Other words that describe them (folded text), where nothing denies or praises them.
    unlike
        What makes another thing of such an observation or word when it stands beside it: 索条样 of 索条样影.
    alone
        Nothing else describes them: not even a clause about the place with words that nobody knows.
    by_bone, by_structure
        Whether the bones of the limbs, the ligaments and tendons of a joint, are told apart by name.
    """

    of: tuple[str, ...]
    said: re.Pattern[str] | None = None
    by: frozenset[str] = frozenset()
    at: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None
    unlike: re.Pattern[str] | None = None
    alone: bool = False
    by_bone: bool = False
    by_structure: bool = False

    def is_unlike(self, clause: str, start: int, end: int) -> bool:
        """Whether what stands in a clause at `start` is made another thing by what stands beside it."""
        if self.unlike is None:
            return False
        before = _PARTED.split(clause[max(start - _BEFORE, 0) : start])[-1]
        return self.unlike.search(before + clause[start : end + _BEHIND]) is not None


_BEFORE, _BEHIND = 14, 4
"""Characters before and behind a word that may make another thing of it."""
_PARTED = re.compile(r"[、及和与伴]")
"""What parts one thing of a clause from the next: 索条影、小片影."""


def by_conclusion(rows: Iterable[Description]) -> Mapping[str, tuple[Description, ...]]:
    """Rows by the observation they are of, in their order."""
    table: dict[str, tuple[Description, ...]] = {}
    for row in rows:
        for name in row.of:
            table[name] = (*table.get(name, ()), row)
    return table


def row_for(rows: Iterable[Description], clause: str) -> Description | None:
    """Return the first row that is for the conclusion of a clause (folded text)."""
    for row in rows:
        if row.said is None or row.said.search(clause):
            return row
    return None
