"""A message as a tree of segments and fields, each with the name that the standard gives it.

hl7apy knows the names of every version; it is imported when the first tree is asked for,
and read for its tables alone: our own reader has read the message.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from plugin.domain.errors import MessageRejected
from plugin.hl7 import header as msh
from plugin.hl7.batch import is_plain
from plugin.hl7.header import Delimiters
from plugin.hl7.reader import HEADS
from plugin.hl7.segments import segment_lines
from plugin.hl7.syntax import LIMITS

_FALLBACK = "2.5.1"
"""Where a message names a version that the tables do not have."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field that holds something: ``PID-3``, ``Patient identifier list``, its text, and its components."""

    path: str
    name: str
    value: str
    parts: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment with its valued fields, in their order."""

    name: str
    fields: tuple[Field, ...]


def tree(raw: bytes, charset: str) -> list[Segment]:
    """Take a message apart for the eye.

    Parameters
    ----------
    charset
        Codec; bytes that it does not have are written out.

    Returns
    -------
    list of Segment
        Empty when the bytes hold no MSH that can be read, or more segments than a message may have.
    """
    try:
        header = msh.read(raw if is_plain(raw) else raw[max(0, raw.find(b"MSH")) :])
        text = raw.decode(charset or header.codec or "utf-8", "backslashreplace")
        lines = segment_lines(text, header.delimiters.field, LIMITS.segments)
    except (MessageRejected, LookupError):
        return []
    return [_segment(line, header.delimiters, header.version) for line in lines]


def _segment(line: str, delimiters: Delimiters, version: str) -> Segment:
    name, *values = line.split(delimiters.field)
    if is_head := name in HEADS:
        # MSH-1 is the delimiter itself.
        values.insert(0, delimiters.field)
    names = _field_names(version, name)
    fields = []
    for number, value in enumerate(values, 1):
        if not value:
            continue
        label, components = names[number - 1] if number <= len(names) else ("", ())
        plain = is_head and number <= 2
        parts = () if plain else _parts(f"{name}-{number}", value, delimiters, components)
        fields.append(Field(f"{name}-{number}", label, value, parts))
    return Segment(name, tuple(fields))


def _parts(path: str, value: str, delimiters: Delimiters, names: Sequence[str]) -> tuple[Field, ...]:
    """Components of the first repetition; a field of one component has none to show."""
    components = value.split(delimiters.repetition)[0].split(delimiters.component)
    if len(components) < 2:
        return ()
    return tuple(
        Field(f"{path}.{number}", names[number - 1] if number <= len(names) else "", part)
        for number, part in enumerate(components, 1)
        if part
    )


@cache
def _field_names(version: str, segment: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """For each field of a segment its name and those of its components; empty for a Z segment."""
    from hl7apy import SUPPORTED_LIBRARIES, load_library

    library = load_library(version if version in SUPPORTED_LIBRARIES else _FALLBACK)
    found = library.SEGMENTS.get(segment)
    children = found[1] if found and found[0] == "sequence" else found or ()
    return tuple(_names(child[1]) for child in children)


def _names(reference: Sequence[object]) -> tuple[str, tuple[str, ...]]:
    """hl7apy's reference: (``leaf`` or ``sequence``, children, type, name, …)."""
    children = reference[1] if reference[0] == "sequence" else ()
    components = tuple(_spoken(child[1][3]) for child in children)  # type: ignore[attr-defined]  # untyped tables
    return _spoken(reference[3]), components


def _spoken(name: object) -> str:
    return str(name or "").replace("_", " ").capitalize()
