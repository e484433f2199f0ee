"""Vertebrae, discs and liver segments by number: L4, 颈4/5, 肝S8."""

from __future__ import annotations

import re
from functools import lru_cache

from plugin.rules.clause_state import CLAUSES_KEPT

_LEVEL = re.compile(
    r"(?P<part>[CTLS颈胸腰骶])(?P<first>\d{1,2})(?P<to>[/~\-])?(?:(?P<other>[CTLS颈胸腰骶])?(?P<last>\d{1,2}))?"
    r"|[、及和](?P<again>\d{1,2}/\d{1,2})(?!\d)|(?<=[肝叶段、及])S(?P<segment>[1-8])"
)
_NUMBER = re.compile(r"\d(?<=[CTLS颈胸腰骶、及和]\d)")
"""The digit that every one of them has behind its letter, or behind the one before it."""
_PARTS = {"颈": "C", "胸": "T", "腰": "L", "骶": "S"}


def may_name_levels(text: str) -> bool:
    """Whether :func:`levels_of` may find any in a part of `text`."""
    return _NUMBER.search(text) is not None


@lru_cache(maxsize=CLAUSES_KEPT)
def levels_of(said: str) -> frozenset[str]:
    """Vertebrae (``L4``), discs (``L4/5``) and liver segments (``H8``) named in a clause."""
    found: set[str] = set()
    part = ""
    for match in _LEVEL.finditer(said):
        if match["segment"] or ("肝" in said and match["part"] == "S"):
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
