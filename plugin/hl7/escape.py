"""Escape sequences of HL7 v2 (v2.5.1, 2.7): read once, written so that nothing can break out.

>>> from plugin.hl7.header import DEFAULT_DELIMITERS as D
>>> unescape(r"a\\T\\b\\.br\\c", D), escape("a&b|c", D)
('a&b\\nc', 'a\\\\T\\\\b\\\\F\\\\c')
"""

from __future__ import annotations

import re
from functools import lru_cache

from plugin.hl7.header import Delimiters

_CONTROL = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127))
"""C0 but tab, LF and CR: PostgreSQL takes no NUL, XML no VT, and no report needs either."""

_LONGEST = 820
"""Characters that a sequence may have."""


def plain(text: str) -> str:
    """Take out control characters that no field of a message may hold."""
    return text if text.isprintable() else text.translate(_CONTROL)


def unescape(text: str, delimiters: Delimiters, codec: str = "utf-8") -> str:
    r"""Turn escape sequences into characters, once.

    Known are the delimiters (``\F\ \S\ \T\ \R\ \E\``, ``\P\`` of v2.7), hexadecimal data in
    the message's own codec (``\X0D0A\``), line breaks and blanks of formatted text
    (``\.br\ \.sp3\ \.in+2\ \.ti2\ \.ce\``), highlighting (``\H\ \N\``, dropped) and changes of the
    character set (``\C2842\ \M2442\``, dropped: a message is in one).  What is none of these stays as it
    was sent: a site's own ``\Z..\``, an unescaped ``C:\data\``, and U+FFFD (``\XEFBFBD\``), which says nothing.
    """
    escape_char = delimiters.escape
    if escape_char not in text:
        return text
    return _pattern(escape_char).sub(lambda match: _meaning(match, delimiters, codec), text)


def escape(text: str, delimiters: Delimiters) -> str:
    r"""Write text so that a receiver reads the same text back and no structure.

    Delimiters become their sequences, CR and LF ``\X0D\`` and ``\X0A\``; other control
    characters are dropped, for a VT or FS would break the frame.
    """
    text = plain(text)
    return text.translate(_escapes(delimiters))


def escape_formatted(text: str, delimiters: Delimiters) -> str:
    r"""As `escape`, with line ends as ``\.br\``, which every viewer of TX and FT knows."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    e = delimiters.escape
    return f"{e}.br{e}".join(escape(line, delimiters) for line in lines)


def is_torn(before: str, after: str, delimiters: Delimiters) -> bool:
    r"""Whether a sequence begins at the end of one line and ends in the next: a text that was cut by its length.

    >>> from plugin.hl7.header import DEFAULT_DELIMITERS as D
    >>> is_torn(r"first\.b", r"r\second", D), is_torn(r"C:\data", r"r\second", D)
    (True, False)
    """
    if delimiters.escape not in before:
        return False
    whole = [match.end() for match in _pattern(delimiters.escape).finditer(before)]
    begun = before.rfind(delimiters.escape)
    if begun < (whole[-1] if whole else 0):
        return False
    tail = before[begun:]
    found = _pattern(delimiters.escape).match(tail + after[:_LONGEST])
    return found is not None and found.end() > len(tail)


@lru_cache(maxsize=32)
def _pattern(escape_char: str) -> re.Pattern[str]:
    e = re.escape(escape_char)
    known = (
        rf"(?:{e}X(?:[0-9A-Fa-f]{{2}}){{1,400}}{e})+"
        rf"|{e}(?:C[0-9A-F]{{4}}|M(?:[0-9A-F]{{2}}){{2,3}}|Z[0-9A-Za-z]{{1,40}}){e}"
        rf"|{e}(?:[FSTREPHN]|\.br|\.ce|\.fi|\.nf|\.s[pk]?\s*[+-]?\d{{0,3}}|\.(?:in|ti)\s*[+-]?\d{{0,3}}){e}"
    )
    return re.compile(known, re.IGNORECASE)


@lru_cache(maxsize=32)
def _escapes(delimiters: Delimiters) -> dict[int, str]:
    e = delimiters.escape
    named = zip(
        (delimiters.field, delimiters.component, delimiters.subcomponent, delimiters.repetition, e),
        "FSTRE",
        strict=True,
    )
    table = {ord(char): f"{e}{name}{e}" for char, name in named}
    return table | {ord("\r"): f"{e}X0D{e}", ord("\n"): f"{e}X0A{e}"}


def _meaning(match: re.Match[str], delimiters: Delimiters, codec: str) -> str:
    whole = match[0]
    body = whole[1:-1]
    kind = body[0].upper()
    if kind == "X":
        digits = re.sub(rf"{re.escape(delimiters.escape)}X?", "", whole, flags=re.IGNORECASE)
        try:
            found = bytes.fromhex(digits).decode(codec)
        except UnicodeDecodeError:
            return whole
        return whole if "\ufffd" in found else found
    if kind == ".":
        return _formatting(body[1:].lower())
    if kind in "HNCM":
        return ""
    if kind == "Z":
        return whole
    return {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "P": "#",
    }[kind]


def _formatting(command: str) -> str:
    """What a formatting command of FT (v2.5.1, 2.7.5) leaves in plain text."""
    if command in ("br", "ce"):
        return "\n"
    if command.startswith("sp"):
        return "\n" * min(int(command[2:].strip() or 1), 20)
    if command.startswith("sk"):
        return " " * min(int(command[2:].strip() or 1), 80)
    return ""
