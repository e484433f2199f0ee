"""What stands beside a word of two characters, so that a slip of it is told only where the word would fit.

Two characters that look like a slip meet by chance in ordinary prose: 彩色血流 is no 射血, 脑沟增深 no
增生.  Where the word that would be meant was never seen behind or before what stands there, nothing is told.
"""

from __future__ import annotations

from collections.abc import Iterable


class Contexts:
    """The characters that were seen beside words.

    Parameters
    ----------
    rows
        A word, a colon, the characters seen before it, a bar, and those seen behind it: ``增生:质缘|及影``;
        a word may have several rows.

    Examples
    --------
    >>> contexts = Contexts(["增生:质缘|及影"])
    >>> contexts.fit("骨质增深。", 2, 4, "增生"), contexts.fit("脑沟增深。", 2, 4, "增生")
    (True, False)
    """

    def __init__(self, rows: Iterable[str]) -> None:
        self._beside: dict[str, tuple[str, str]] = {}
        for row in rows:
            word, _, beside = row.partition(":")
            before, _, behind = beside.partition("|")
            so_far = self._beside.get(word, ("", ""))
            self._beside[word] = (so_far[0] + before, so_far[1] + behind)

    def fit(self, text: str, start: int, end: int, right: str) -> bool:
        """Whether `right` fits where ``text[start:end]`` stands.

        What is put for another character must have a neighbour that `right` was seen with, or none, and
        one of the two neighbours must have been seen, if there are any.
        """
        before, behind = _neighbour(text[start - 1 : start]), _neighbour(text[end : end + 1])
        seen_before, seen_behind = self._beside.get(right, ("", ""))
        fits_before = bool(before) and before in seen_before
        fits_behind = bool(behind) and behind in seen_behind
        if text[start] != right[0] and before and not fits_before:
            return False
        if text[end - 1] != right[-1] and behind and not fits_behind:
            return False
        return fits_before or fits_behind or not (before or behind)


def _neighbour(character: str) -> str:
    """A Chinese character that stands there, or nothing: a mark, a digit, the text's edge."""
    return character if "\u4e00" <= character <= "\u9fff" else ""
