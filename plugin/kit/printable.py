"""Which characters people can read, whatever year's Unicode this Python knows.

``str.isprintable`` goes by Python's own tables: in Python 3.11 those of 2021.  A patient whose
name stands in an extension that came later (𱍐, extension H of 2022) has no control character in it.
"""

from __future__ import annotations

_HAN_PLANES = range(0x20000, 0x40000)
"""Planes 2 and 3, which hold Han and nothing else."""


def is_printable(text: str) -> bool:
    """Whether every character can be shown; line ends and tabs cannot.

    >>> is_printable("张\\U00031350"), is_printable("a\\x1b[31m")
    (True, False)
    """
    return text.isprintable() or all(char.isprintable() or _is_han(char) for char in text)


def printable(text: str, *, but: str = "") -> str:
    """The text with ``·`` for what cannot be shown, those characters of `but` excepted.

    >>> printable("a\\x00b\\n", but="\\n")
    'a·b\\n'
    """
    return "".join(char if char in but or is_printable(char) else "·" for char in text)


def _is_han(char: str) -> bool:
    # The last two of each plane are no characters.
    return ord(char) in _HAN_PLANES and ord(char) & 0xFFFE != 0xFFFE
