"""Sentences, clauses and numbered items of a normalised text."""

from __future__ import annotations

import re
from typing import NamedTuple

_CJK = "\u3400-\u9fff"
# Each opens with one character and looks back at it, so that the search skips from one to the next.
# A Western full stop ends a sentence only after Chinese or a bracket, and not in 1.2 or 1.左肺.
_FULL_STOP = rf"(?<=[{_CJK})\]”\"]\.)(?!\d)|(?<=[{_CJK}]\.)(?=\d{{1,2}}[.、)])"
_BREAK = re.compile(
    rf"([，。；!?\n\t.: ](?:(?<=[，。；!?\n\t])|{_FULL_STOP}|(?<=:)(?:(?!\d)|(?<!\d:))|(?<=[{_CJK}] ) *(?=[{_CJK}])))"
)
_SENTENCE_ENDS = frozenset("。；!\n.")
_MARKER = r"\(?(?P<m>(?P<n>\d{1,2})(?:[.、)](?!\d)|:(?!\d))|(?P<c>[\u2460-\u2473])|(?P<z>[一二三四五六七八九十]{1,2})[、.)])"
_FIRST_ITEM, _ITEM = re.compile(_MARKER), re.compile(rf"[\n。；!\t ]{_MARKER}")
_CHINESE_DIGITS = {word: number for number, word in enumerate("一二三四五六七八九十", 1)}


class Clause(NamedTuple):
    """``text[start:end]``, closed by `terminator` (empty at the end of the text).

    `sentence` numbers the sentence it belongs to; 。；！ and a line break end a sentence.
    """

    start: int
    end: int
    terminator: str
    sentence: int


class Item(NamedTuple):
    """A numbered item: `start` is where its text begins after the number, `end` where the next begins."""

    number: int
    marker: int
    start: int
    end: int


def split_clauses(text: str) -> tuple[tuple[Clause, ...], int]:
    """Cut at ，。；！？: line breaks and lone spaces; empty clauses are left out.  And how many sentences end."""
    # Made as tuples are: its own constructor takes twice as long.
    new = tuple.__new__
    clauses: list[Clause] = []
    start = sentence = 0
    # What is said and the mark behind it, in turns.
    pieces = _BREAK.split(text)
    for said, mark in zip(pieces[::2], pieces[1::2], strict=False):
        at = start + len(said)
        after = at + len(mark)
        if mark == "?":
            clauses.append(new(Clause, (start, after, mark, sentence)))
        elif said and not said.isspace():
            clauses.append(new(Clause, (start, at, mark, sentence)))
        if mark in _SENTENCE_ENDS:
            sentence += 1
        start = after
    if pieces[-1].strip():
        clauses.append(Clause(start, len(text), "", sentence))
    return tuple(clauses), sentence


def may_end_sentence(word: str) -> bool:
    """Whether a sentence may end inside `word`, wherever it stands."""
    return not _SENTENCE_ENDS.isdisjoint(word)


def find_markers(text: str) -> list[tuple[int, int, int]]:
    """Numbers that open an item (``1.``, ``1、``, ``（1）``, ①, 一、): where they stand, where they end, and which.

    `text` begins where a sentence does.
    """
    first = _FIRST_ITEM.match(text)
    later = _ITEM.finditer(text, first.end() if first else 0)
    return [
        (match.start("m"), match.end(), _number(match)) for match in ([first, *later] if first else later)
    ]


def _number(match: re.Match[str]) -> int:
    if match["n"]:
        return int(match["n"])
    if match["c"]:
        return ord(match["c"]) - 0x2460 + 1
    word = match["z"]
    if len(word) == 1:
        return _CHINESE_DIGITS[word]
    tens, ones = _CHINESE_DIGITS[word[0]], _CHINESE_DIGITS[word[1]]
    return 10 + ones if tens == 10 else tens * 10 + (0 if ones == 10 else ones)
