"""DICOM files as bytes: preamble and file meta information kept, the data set apart (PS3.10 section 7)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from plugin.domain.errors import InvalidInput
from plugin.labels.encoded import DEFLATED, Encoding, element_at, inflate, survey

PREAMBLE = 132
"""Bytes before the meta information, with the letters DICM."""

_EXPLICIT = Encoding(explicit=True, little=True)
_TRANSFER_SYNTAX, _SOP_CLASS = 0x00020010, 0x00020002
_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})


@dataclass(frozen=True, slots=True, kw_only=True)
class Part10:
    """A file taken apart at its seam."""

    head: bytes
    data: bytes
    transfer_syntax_uid: str
    sop_class_uid: str


def split(raw: bytes) -> Part10:
    """Take a file apart.

    Raises
    ------
    InvalidInput
        When it is no DICOM file, or its meta information is cut off or names no transfer syntax.
    """
    if raw[128:PREAMBLE] != b"DICM":
        raise InvalidInput("file", "is not a DICOM file (no DICM at byte 128)")
    at, values = PREAMBLE, {}
    while at + 8 <= len(raw) and struct.unpack_from("<H", raw, at)[0] == 0x0002:
        place = element_at(raw, at, _EXPLICIT)
        values[place.tag] = raw[place.value : place.end].rstrip(b" \x00").decode("ascii", "replace")
        at = place.end
    if not values.get(_TRANSFER_SYNTAX):
        raise InvalidInput("file", "its meta information names no transfer syntax")
    return Part10(
        head=raw[:at],
        data=raw[at:],
        transfer_syntax_uid=values[_TRANSFER_SYNTAX],
        sop_class_uid=values.get(_SOP_CLASS, ""),
    )


def surveyed(part: Part10, wanted: frozenset[int] = frozenset()) -> tuple[bool, dict[int, str]]:
    """Walk the data set to its end: does it hold pixel data, and what are the `wanted` short values?

    Raises
    ------
    InvalidInput
        When it is truncated or no data set.
    """
    data = inflate(part.data) if part.transfer_syntax_uid == DEFLATED else part.data
    places = survey(data, Encoding.of(part.transfer_syntax_uid), wanted | _PIXELS)
    values = {
        tag: data[places[tag].value : places[tag].end].rstrip(b" \x00").decode("ascii", "replace")
        if tag in places
        else ""
        for tag in wanted
    }
    return not _PIXELS.isdisjoint(places), values
