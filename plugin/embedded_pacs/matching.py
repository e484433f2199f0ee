"""Attribute matching (PS3.4 C.2.2.2): single value, wild card, range, list, person names."""

from __future__ import annotations

import re
from functools import lru_cache


def matches(kind: str, stored: str, wanted: str) -> bool:
    """Does the stored value match the query key?

    Parameters
    ----------
    kind
        ``DA`` and ``TM`` match ranges; ``PN`` matches any component group, without regard
        to case and delimiters, so that ``张*`` finds ``ZHANG^SAN=张^三``; ``IS`` compares
        numbers; anything else is text with ``*`` and ``?``.

    >>> matches("PN", "ZHANG^SAN=张^三", "张三")
    True
    >>> matches("DA", "20260601", "20260501-20260630")
    True
    """
    if not wanted or wanted == "*":
        return True
    if kind in ("DA", "TM"):
        return _in_range(kind, stored, wanted)
    if kind == "IS":
        return stored.strip().lstrip("0") == wanted.strip().lstrip("0")
    if kind == "PN":
        return _name_matches(stored, wanted)
    return any(_pattern(part).fullmatch(stored) is not None for part in wanted.split("\\"))


def _in_range(kind: str, stored: str, wanted: str) -> bool:
    value = _plain(kind, stored)
    if "-" not in wanted:
        return value == _plain(kind, wanted) if kind == "DA" else value.startswith(_plain(kind, wanted))
    low, _, high = wanted.partition("-")
    if not value:
        return False
    low, high = _plain(kind, low), _plain(kind, high)
    # An upper time of 10 or 1030 takes in all that begins with it.
    return (not low or value >= low) and (not high or value[: len(high)] <= high)


def _plain(kind: str, value: str) -> str:
    """Digits alone: ACR-NEMA's 2026.06.01 and 10:24:22 are still met."""
    return re.sub(r"[.:]", "", value.strip()) if kind == "DA" else value.strip().replace(":", "")


def _name_matches(stored: str, wanted: str) -> bool:
    groups = [group for group in stored.split("=") if group]
    for alternative in wanted.split("="):
        if not alternative:
            continue
        pattern = _pattern(alternative.rstrip("^"), fold=True)
        joined = _pattern(re.sub(r"[\^ ]", "", alternative), fold=True)
        for group in groups:
            if pattern.fullmatch(group.rstrip("^")) or joined.fullmatch(re.sub(r"[\^ ]", "", group)):
                return True
    return False


@lru_cache(maxsize=512)
def _pattern(wanted: str, fold: bool = False) -> re.Pattern[str]:
    # A run of stars is one star: otherwise "****…" would make the search quadratic or worse.
    parts = re.split(r"(\*+|\?)", wanted.strip())
    body = "".join(".*" if p.startswith("*") else "." if p == "?" else re.escape(p) for p in parts)
    return re.compile(body, re.DOTALL | (re.IGNORECASE if fold else 0))
