"""What may enter the database: every value that goes in is checked here, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from plugin.domain.errors import InvalidInput

Parameters = Mapping[str, Any]

_NATIVE: Final = frozenset({int, bool, float, bytes, type(None)})


def checked(values: Parameters) -> Parameters:
    """The values, seen to be such as both databases take.

    Raises
    ------
    InvalidInput
        A text holds U+FFFD or NUL.
    TypeError
        A value is of another type than a column has.
    """
    for name, value in values.items():
        kind = type(value)
        if kind is str:
            if "\ufffd" in value:
                raise InvalidInput(name, "holds U+FFFD: it was decoded with the wrong character set")
            if "\x00" in value:
                raise InvalidInput(name, "holds a NUL character; it cannot be stored")
        elif kind not in _NATIVE:
            raise TypeError(f"{name}: a {kind.__name__} has no column type; pass its plain value")
    return values


def unstorable(error: UnicodeEncodeError, rows: Iterable[Parameters]) -> InvalidInput:
    """Which of the values the driver could not encode."""
    for values in rows:
        for name, value in values.items():
            if isinstance(value, str) and not storable(value):
                return InvalidInput(name, "holds half a character (a lone surrogate); it cannot be stored")
    return InvalidInput("text", str(error))


def storable(text: str) -> bool:
    """Whether `text` may enter the database as it is."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\ufffd" not in text and "\x00" not in text


def visible(text: str) -> str:
    """`text` with what may not be stored written out (``\\ufffd``), so that a broken message can be kept."""
    if storable(text):
        return text
    return "".join(
        c if c not in "\ufffd\x00" and not "\ud800" <= c <= "\udfff" else f"\\u{ord(c):04x}" for c in text
    )
