"""Encoded data sets: find an element, replace it, leave every other byte as it was.

PS3.5 section 7 (elements) and A (transfer syntaxes).  Only lengths are read, values are
stepped over, so that any transfer syntax passes, also one that nobody here can decode.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from plugin.domain.errors import InvalidInput

IMPLICIT = "1.2.840.10008.1.2"
BIG_ENDIAN = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"

_UNDEFINED = 0xFFFFFFFF
_LONG = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_SHORT = frozenset(
    {b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH"}
    | {b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US"}
)
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_SHORT_HEADS: dict[bool, Callable[[bytes, int], tuple[int, int, bytes, int]]] = {
    little: struct.Struct(f"{order}HH2sH").unpack_from for little, order in ((True, "<"), (False, ">"))
}
_LONG_LENGTHS: dict[bool, Callable[[bytes, int], tuple[int]]] = {
    little: struct.Struct(f"{order}I").unpack_from for little, order in ((True, "<"), (False, ">"))
}
_LAST = 0xFFFFFFFF
_MAX_DEPTH = 64
_MAX_INFLATED = 2**31


class Truncated(InvalidInput):
    """The data end before they should: part of an object, which nobody may take for the whole."""


class Place(NamedTuple):
    """An element of the top level: where it begins, where its value begins and ends."""

    tag: int
    start: int
    value: int
    end: int


@dataclass(frozen=True, slots=True)
class Encoding:
    """How elements are written."""

    explicit: bool
    little: bool

    @classmethod
    def of(cls, transfer_syntax_uid: str) -> Encoding:
        """Every transfer syntax but two is explicit VR little endian (PS3.5 A)."""
        return cls(
            explicit=transfer_syntax_uid != IMPLICIT,
            little=transfer_syntax_uid != BIG_ENDIAN,
        )

    @property
    def order(self) -> str:
        """Byte order as `struct` writes it."""
        return "<" if self.little else ">"

    @property
    def short_head(self) -> Callable[[bytes, int], tuple[int, int, bytes, int]]:
        """Read group, element, VR and short length at an offset."""
        return _SHORT_HEADS[self.little]

    @property
    def long_length(self) -> Callable[[bytes, int], tuple[int]]:
        """Read a length of four bytes at an offset."""
        return _LONG_LENGTHS[self.little]

    def element(self, tag: int, vr: bytes, value: bytes) -> bytes:
        """Encode one element with a short length; `value` is padded by a space."""
        if len(value) % 2:
            value += b" "
        head = struct.pack(f"{self.order}HH", tag >> 16, tag & 0xFFFF)
        if self.explicit:
            return head + vr + struct.pack(f"{self.order}H", len(value)) + value
        return head + struct.pack(f"{self.order}I", len(value)) + value


def has_long_length(vr: str) -> bool:
    """Whether elements of a VR bear a length of four bytes (PS3.5 7.1.2)."""
    return vr.encode("ascii") in _LONG


def survey(
    data: bytes, encoding: Encoding, wanted: Container[int] | None = None, until: int = _LAST
) -> dict[int, Place]:
    """Walk a data set once, to its end or to the first element at or beyond tag `until`.

    A folder of ten thousand images has two million elements, so one of a short length, as
    most are, is stepped over here; the rest is left to :func:`element_at`.

    Returns
    -------
    dict
        In order: elements of the top level, or those of them that are `wanted`.

    Raises
    ------
    InvalidInput
        When the data end inside an element, nest too deep, or are no data set at all.
    """
    head, length_at, explicit = encoding.short_head, encoding.long_length, encoding.explicit
    found: dict[int, Place] = {}
    at, last, size = 0, -1, len(data)
    while at < size:
        if at + 12 > size:
            tag, _, value, end = element_at(data, at, encoding)
        else:
            group, element, vr, length = head(data, at)
            tag, value, known = group << 16 | element, at + 8, True
            if not explicit:
                (length,) = length_at(data, at + 4)
            elif vr in _LONG:
                (length,) = length_at(data, value)
                value = at + 12
            else:
                known = vr in _SHORT
            end = value + length
            if end > size or length == _UNDEFINED or not known:
                end = element_at(data, at, encoding).end
        if tag <= last:
            raise InvalidInput(f"byte {at}", f"element {_name(tag)} follows {_name(last)}: not a data set")
        if wanted is None or tag in wanted:
            found[tag] = Place(tag, at, value, end)
        if tag >= until:
            break
        at, last = end, tag
    return found


def element_at(data: bytes, at: int, encoding: Encoding) -> Place:
    """The element that begins at byte `at`.

    Raises
    ------
    InvalidInput
        As :func:`elements`.
    """
    tag, value, length, explicit = _head(data, at, encoding)
    if length != _UNDEFINED:
        end = value + length
        if end > len(data):
            raise Truncated(
                f"element {_name(tag)}",
                f"says {length} bytes, {len(data) - value} are there: the file is truncated",
            )
        return Place(tag, at, value, end)
    inside = Encoding(explicit, encoding.little)
    return Place(tag, at, value, _past_delimiter(data, value, inside, tag))


def _past_delimiter(data: bytes, at: int, encoding: Encoding, tag: int) -> int:
    """End of a value of undefined length: sequences, items and fragments inside are stepped over."""
    open_encodings = [encoding]
    while open_encodings:
        if len(open_encodings) > _MAX_DEPTH:
            raise InvalidInput(f"element {_name(tag)}", f"nests deeper than {_MAX_DEPTH}")
        here = open_encodings[-1]
        inner, value, length, explicit = _head(data, at, here)
        if inner in (_ITEM_END, _SEQUENCE_END):
            open_encodings.pop()
            at = value
        elif length == _UNDEFINED:
            open_encodings.append(Encoding(explicit, here.little))
            at = value
        else:
            at = value + length
            if at > len(data):
                raise Truncated(f"element {_name(tag)}", "ends inside an item: the file is truncated")
    return at


def _head(data: bytes, at: int, encoding: Encoding) -> tuple[int, int, int, bool]:
    """Tag, place of the value, its length, and whether what is inside is explicit."""
    try:
        group, element = struct.unpack_from(f"{encoding.order}HH", data, at)
        tag = group << 16 | element
        if group == 0xFFFE or not encoding.explicit:
            (length,) = struct.unpack_from(f"{encoding.order}I", data, at + 4)
            return tag, at + 8, length, encoding.explicit
        vr = data[at + 4 : at + 6]
        if vr in _LONG:
            (length,) = struct.unpack_from(f"{encoding.order}I", data, at + 8)
            # An UN of undefined length holds a sequence in implicit VR (PS3.5 6.2.2 note 2).
            return tag, at + 12, length, vr != b"UN"
        if not (vr.isalpha() and vr.isupper()):
            raise InvalidInput(
                f"byte {at}", f"element {_name(tag)} has no value representation: not a data set"
            )
        (length,) = struct.unpack_from(f"{encoding.order}H", data, at + 6)
        return tag, at + 8, length, True
    except struct.error:
        raise Truncated(f"byte {at}", "the data end inside an element: the file is truncated") from None


def replaced(
    data: bytes, encoding: Encoding, places: Mapping[int, Place], tag: int, vr: bytes, value: bytes
) -> bytes:
    """`data` with element `tag` set to `value` (or put in), all other bytes as they were.

    A group length of the same group, retired but still seen, is brought up to date.

    Parameters
    ----------
    places
        What :func:`survey` found as far as `tag`.
    """
    after = next((place for found, place in places.items() if found >= tag), None)
    start = after.start if after else len(data)
    end = after.end if after and after.tag == tag else start
    element = encoding.element(tag, vr, value)
    head = data[:start]
    group_length = places.get(tag & 0xFFFF0000)
    if group_length and group_length.end - group_length.value == 4:
        (old,) = encoding.long_length(data, group_length.value)
        new = struct.pack(f"{encoding.order}I", old + len(element) - (end - start))
        head = head[: group_length.value] + new + head[group_length.end :]
    return b"".join((head, element, memoryview(data)[end:]))


def inflate(data: bytes) -> bytes:
    """Undo the deflated transfer syntax (PS3.5 A.5).

    Raises
    ------
    InvalidInput
        When it is not deflated, is cut off, or grows beyond 2 GiB.
    """
    worker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = worker.decompress(data, _MAX_INFLATED)
    except zlib.error as error:
        raise InvalidInput("data set", f"cannot be inflated: {error}") from error
    if worker.unconsumed_tail:
        raise InvalidInput("data set", "grows beyond 2 GiB when inflated")
    if not worker.eof:
        raise Truncated("data set", "the deflated data are truncated")
    return plain


def deflate(data: bytes) -> bytes:
    """Do the deflated transfer syntax, padded to even length."""
    worker = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = worker.compress(data) + worker.flush()
    return packed + b"\x00" * (len(packed) % 2)


def _name(tag: int) -> str:
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
