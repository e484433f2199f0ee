"""Slips of a hurried hand: a character put for another that sounds or looks like it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping


class Joins:
    """Where two sound words meet, so that what looks like a slip is none: 卧位+见 is no 位见.

    Parameters
    ----------
    ends, begins
        Runs of characters.  The first of a run closes a word (or opens one) with any of those
        that follow it standing before it (or behind it): ``位卧低`` for 卧位 and 低位.  ``0``
        stands for every digit, ``a`` for every letter.
    alone
        Characters that are words by themselves.
    """

    def __init__(self, ends: Iterable[str], begins: Iterable[str], alone: str) -> None:
        self._ends, self._begins, self._alone = _by_first(ends), _by_first(begins), alone

    def within(self, folded: str, start: int, end: int, right: str) -> bool:
        """Whether a word ends, and another begins, within the slip ``folded[start:end]`` of `right`.

        Of two characters each is asked, for itself or with what stands beyond it; of a longer slip
        the one put for another, for the rest is near enough to a word.
        """
        if end - start != len(right):
            return False
        first, last = folded[start], folded[end - 1]
        before, behind = _kind(folded[start - 1 : start]), _kind(folded[end : end + 1])
        closes = bool(before) and before in self._ends.get(first, "")
        opens = bool(behind) and behind in self._begins.get(last, "")
        if end - start > 2:
            return (first != right[0] and closes) or (last != right[-1] and opens)
        return (closes or first in self._alone) and (opens or last in self._alone)


def slips_of(
    meant: Iterable[str], alike: Iterable[str], alone: str, ordinary: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Return each slip with what was meant by it.

    Parameters
    ----------
    meant
        The words, of two characters or more.
    alike
        Groups of characters that are put for each other.
    alone
        Characters that are words by themselves.  Two of them are no slip of a word (肾与 is no 肾盂),
        nor are one of them and another word (三纵隔 is no 上纵隔, for 纵隔 is one).
    ordinary
        Slips that are words.
    """
    instead: dict[str, set[str]] = defaultdict(set)
    for group in alike:
        for character in group:
            instead[character] |= set(group)
    words = frozenset(meant)
    told = dict.fromkeys((*words, *ordinary), False)
    for word in sorted(words, key=lambda word: (len(word), word)):
        for at, right in enumerate(word):
            for character in sorted(instead[right]):
                slip = f"{word[:at]}{character}{word[at + 1 :]}"
                if slip in told:
                    continue
                rest = word[1:] if at == 0 else word[:-1] if at == len(word) - 1 else ""
                if character in alone and rest and (rest in words or rest in alone):
                    continue
                if not _holds_shorter(slip, at, told):
                    told[slip] = True
                    yield slip, word


def _holds_shorter(slip: str, at: int, told: Mapping[str, bool]) -> bool:
    """Whether the changed character makes a slip of a shorter word already: 关街 within 关街面."""
    return any(
        told.get(slip[start : start + length], False)
        for length in range(2, len(slip))
        for start in range(max(0, at - length + 1), min(at, len(slip) - length) + 1)
    )


def _by_first(runs: Iterable[str]) -> dict[str, str]:
    """Runs by their first character; one that is too long for a line goes on in another."""
    joined: dict[str, str] = defaultdict(str)
    for run in runs:
        joined[run[0]] += run[1:]
    return dict(joined)


def _kind(character: str) -> str:
    if not character.isascii() or not character.isalnum():
        return character
    return "0" if character.isdigit() else "a"
