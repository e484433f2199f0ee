"""Vertebrae, discs and liver segments by number: L4, 颈4/5, 肝S8."""

from __future__ import annotations

import re
from functools import lru_cache

from plugin.rules.comparison.clause_state import CLAUSES_KEPT

_LEVEL = re.compile(
    r"(?<![A-Za-z])S(?P<segments>[1-8](?:[/、,~\-及和]S?[1-8])*)(?=[上下前后内外]?亚?段)"
    r"|(?P<part>(?<![长短等稍])[CTLS颈胸腰骶](?!(?<=T)[12](?:W|加权|序列|信号|压脂|抑脂|FS|像|[高低长短等稍])))(?P<first>\d{1,2})(?P<to>[/~\-])?(?:(?P<other>[CTLS颈胸腰骶])?(?P<last>\d{1,2}))?"
    r"|[、及和](?P<again>\d{1,2}/\d{1,2})(?!\d)|(?<=[肝叶段、及])S(?P<segment>[1-8])"
)
"""长T1信号 and T2WI are of magnetic resonance, and no vertebrae."""
_DIGIT = re.compile(r"\d")
_SACRAL = 5
"""Vertebrae of the sacrum: an S8 is a segment, of the liver or of a lung."""
_NUMBER = re.compile(r"\d(?<=[CTLS颈胸腰骶、及和]\d)")
"""The digit that every one of them has behind its letter, or behind the one before it."""
_PARTS = {"颈": "C", "胸": "T", "腰": "L", "骶": "S"}

_REACHING = re.compile(r"[-~至到—]\s*[CTLS颈胸腰骶尾]|[上下各诸多](?!缘)位?[^，。；]{0,6}椎")
"""A stretch from one part of the spine into another, whose vertebrae are not counted."""


def may_name_levels(text: str) -> bool:
    """Whether :func:`levels_of` may find any in a part of `text`."""
    return _NUMBER.search(text) is not None


@lru_cache(maxsize=CLAUSES_KEPT)
def levels_of(said: str) -> frozenset[str]:
    """Vertebrae (``L4``), discs (``L4/5``) and liver segments (``H8``) named in a clause."""
    found: set[str] = set()
    part = ""
    for match in _LEVEL.finditer(said):
        if match["segments"]:
            found.update("H" + number for number in _DIGIT.findall(match["segments"]))
        elif match["segment"] or (match["part"] == "S" and ("肝" in said or int(match["first"]) > _SACRAL)):
            found.add("H" + (match["segment"] or match["first"]))
        elif match["again"]:
            found.add(part + match["again"])
        else:
            part = _PARTS.get(match["part"], match["part"])
            first, last = int(match["first"]), int(match["last"] or match["first"])
            if match["to"] == "/" and match["last"]:
                found.add(f"{part}{first}/{last}")
            elif match["to"] and not match["other"] and first < last:
                found.update(f"{part}{n}" for n in range(first, last + 1))
                found.update(f"{part}{n}/{n + 1}" for n in range(first, last))
            else:
                found.add(f"{part}{first}")
    return frozenset(found)


def vertebrae_differ(some: str, others: str) -> bool:
    """Whether two texts name vertebrae by number, and no one vertebra in common: 腰2 and 腰4/5."""
    if not may_name_levels(some) or not may_name_levels(others):
        return False
    if _REACHING.search(some) or _REACHING.search(others):
        return False
    ours, theirs = _vertebrae(some), _vertebrae(others)
    return bool(ours) and bool(theirs) and ours.isdisjoint(theirs)


def levels_differ(some: str, others: str) -> bool:
    """Whether two texts name vertebrae by number, or segments of the liver, and none in common: 肝S4 and 肝S6."""
    if not may_name_levels(some) or not may_name_levels(others):
        return False
    ours, theirs = (frozenset(name for name in levels_of(said) if name[0] == "H") for said in (some, others))
    if ours and theirs:
        return ours.isdisjoint(theirs)
    return vertebrae_differ(some, others)


_LISTED = re.compile(r"([CTLS颈胸腰骶])(\d{1,2}(?:/\d{1,2})?)([、及和,])(?=\d{1,2}(?!\d|\.\d|[mc]m))")

_MOST_LISTED = 8
"""Numbers behind one letter: 颈2、3、4、5."""


@lru_cache(maxsize=CLAUSES_KEPT)
def _vertebrae(said: str) -> frozenset[str]:
    """The vertebrae of a text, both of a disc's; 腰1、4 are two."""
    found: set[str] = set()
    for _ in range(_MOST_LISTED):
        said, lettered = _LISTED.subn(r"\1\2\3\1", said)
        if not lettered:
            break
    for level in levels_of(said):
        if level.startswith("H"):
            continue
        first, _, last = level.partition("/")
        found.add(first)
        if last:
            found.add(level[0] + last)
    return frozenset(found)
