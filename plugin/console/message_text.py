"""A raw message as text that hides nothing."""

from __future__ import annotations

_HIDDEN = frozenset(
    {*range(0x20), 0x7F, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
)


def segments(raw: bytes, charset: str) -> list[str]:
    """The lines of a message; bytes that its charset does not have are written out."""
    try:
        text = raw.decode(charset or "utf-8", "backslashreplace")
    except LookupError:
        text = raw.decode("ascii", "backslashreplace")
    return [_shortened(visible(line)) for line in text.replace("\n", "\r").split("\r") if line]


def visible(line: str) -> str:
    """Control and direction characters by their code (attacks S6)."""
    return "".join(f"⟨{ord(c):04X}⟩" if ord(c) in _HIDDEN else c for c in line)


SHOWN = 4000
"""Characters of one line on a page; an embedded document has millions, and a file of its own."""


def _shortened(line: str) -> str:
    return line if len(line) <= SHOWN else f"{line[:SHOWN]}… (+{len(line) - SHOWN})"
