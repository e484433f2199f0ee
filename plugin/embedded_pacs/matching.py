"""Attribute matching (PS3.4 C.2.2.2): single value, wild card, range, list, person names."""

from __future__ import annotations

import re


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
    return any(_glob(stored, part.strip()) for part in wanted.split("\\"))


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
    groups = [group.casefold() for group in stored.split("=") if group]
    for alternative in wanted.casefold().split("="):
        whole, joined = alternative.strip().rstrip("^"), _joined(alternative)
        if joined and any(_glob(g.rstrip("^"), whole) or _glob(_joined(g), joined) for g in groups):
            return True
    return False


def _joined(name: str) -> str:
    return re.sub(r"[\^ ]", "", name)


def _glob(text: str, pattern: str) -> bool:
    """``*`` any run, ``?`` any character; in time of the product of the lengths at worst.

    Each star gives way to the next one, which is as good as any (a regular expression
    would try them all, and a query of many stars would never end).
    """
    at = start = 0
    star = -1
    here = 0
    while here < len(text):
        if at < len(pattern) and pattern[at] == "*":
            star, start = at, here
            at += 1
        elif at < len(pattern) and pattern[at] in ("?", text[here]):
            at += 1
            here += 1
        elif star >= 0:
            start += 1
            at, here = star + 1, start
        else:
            return False
    return pattern[at:].strip("*") == ""
