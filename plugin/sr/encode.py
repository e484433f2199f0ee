"""Explicit VR Little Endian, written once and directly (PS3.5 section 7.1.2).

A document is encoded bottom-up into bytes, each sequence and item with its length, so
nothing is copied through an object tree and nothing can be encoded twice in different
character sets.  :func:`plugin.sr.qc_sr.build` hands these bytes to pydicom, which reads
them lazily: the object in memory and the object on the wire are the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from struct import Struct

from plugin.domain.errors import InvalidInput
from plugin.sr.codes import Code, fit
from plugin.sr.tree import Instance, Item, Measured

CHARSETS = {"ISO_IR 192": "utf-8", "GB18030": "gb18030", "ISO_IR 100": "latin-1", "": "ascii"}
"""Specific Character Set (PS3.3 C.12.1.1.2) → Python codec."""

_LONG = frozenset({"OB", "OW", "SQ", "UC", "UN", "UR", "UT"})
_LIMITS = {"LO": 64, "SH": 16, "PN": 64, "CS": 16, "UI": 64, "DS": 16, "IS": 12, "AE": 16, "AS": 4}
_SHORT_HEAD = Struct("<HH2sH")
_LONG_HEAD = Struct("<HH2s2xI")
_ITEM_HEAD = Struct("<HHI")

# Control characters have no place in a value: ESC would start an ISO 2022 sequence, a
# backslash separates values.  They are shown, not dropped: U+241B for ESC and so on.
_LINE = {c: 0x2400 + c for c in range(32)} | {0x7F: 0x2421, 0x5C: 0xFF3C}
_LINE |= {0x09: 0x20, 0x0A: 0x20, 0x0D: 0x20}
_LINE |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
_BLOCK = {c: 0x2400 + c for c in range(32) if c not in (0x09, 0x0A, 0x0C, 0x0D)} | {0x7F: 0x2421}
_BLOCK |= dict.fromkeys(range(0x80, 0xA0), 0xFFFD)

Elements = dict[int, bytes]
"""Tag → the whole encoded element; joined in the order of tags."""


def element(tag: int, vr: str, value: bytes) -> bytes:
    """One element with its value padded to even length.

    Raises
    ------
    InvalidInput
        When a value does not fit its 16-bit length.
    """
    if len(value) & 1:
        value += b"\0" if vr in ("UI", "OB") else b" "
    if vr in _LONG:
        return _LONG_HEAD.pack(tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value
    if len(value) > 0xFFFE:
        raise InvalidInput(f"({tag >> 16:04X},{tag & 0xFFFF:04X})", f"{len(value)} bytes do not fit a {vr}")
    return _SHORT_HEAD.pack(tag >> 16, tag & 0xFFFF, vr.encode(), len(value)) + value


def sequence(tag: int, items: Iterable[bytes]) -> bytes:
    """A sequence of already encoded items, each with its length."""
    body = b"".join([_ITEM_HEAD.pack(0xFFFE, 0xE000, len(item)) + item for item in items])
    return _LONG_HEAD.pack(tag >> 16, tag & 0xFFFF, b"SQ", len(body)) + body


def assemble(elements: Elements) -> bytes:
    """All elements in ascending order of tags."""
    return b"".join([elements[tag] for tag in sorted(elements)])


def uid(tag: int, value: str) -> bytes:
    """A UID element."""
    return element(tag, "UI", value.encode("ascii"))


class Encoder:
    """Turns values into elements in one character set.

    Parameters
    ----------
    charset
        A key of `CHARSETS`.

    Raises
    ------
    InvalidInput
        When the character set is not one that is written.
    """

    def __init__(self, charset: str) -> None:
        if charset not in CHARSETS:
            known = ", ".join(name for name in CHARSETS if name)
            raise InvalidInput("charset", f"{charset!r} is not written; choose one of {known}")
        self.charset, self._codec = charset, CHARSETS[charset]

    def text(self, tag: int, vr: str, value: str) -> bytes:
        """A text element, cut to what its VR holds, control characters made visible.

        Raises
        ------
        InvalidInput
            When the character set has no such character.
        """
        if vr in ("UT", "LT", "ST"):
            return element(tag, vr, self._bytes(tag, value.translate(_BLOCK).rstrip()))
        line = value.translate(_LINE)
        if vr == "PN":
            groups = [group.strip()[:64] for group in line.split("=")[:3]]
            return element(tag, vr, self._bytes(tag, "=".join(groups).rstrip("=")))
        return element(tag, vr, self._bytes(tag, line.strip()[: _LIMITS.get(vr)]))

    def moment(self, value: datetime) -> str:
        """DT with its offset from UTC; fractions only where there are any."""
        fraction = f".{value.microsecond:06d}" if value.microsecond else ""
        return value.strftime("%Y%m%d%H%M%S") + fraction + value.strftime("%z")[:5]

    def date_time(self, elements: Elements, date_tag: int, time_tag: int, value: date | None) -> None:
        """A DA and a TM element; both empty for ``None``."""
        day = value.strftime("%Y%m%d") if value else ""
        clock = value.strftime("%H%M%S") if isinstance(value, datetime) else ""
        if isinstance(value, datetime) and value.microsecond:
            clock += f".{value.microsecond:06d}"
        elements[date_tag] = element(date_tag, "DA", day.encode())
        elements[time_tag] = element(time_tag, "TM", clock.encode())

    def code(self, tag: int, value: Code) -> bytes:
        """A code sequence of one item."""
        return _code_sequence(self, tag, value)

    def item(self, item: Item) -> bytes:
        """A content item with all below it, without its item header."""
        parts: list[bytes] = []
        kind, value = item.kind, item.value
        if isinstance(value, Instance):
            parts.append(sequence(0x00081199, [reference(*value)]))
        parts.append(_fixed(0x0040A010, item.relationship))
        parts.append(_fixed(0x0040A040, kind))
        if item.name:
            parts.append(_code_sequence(self, 0x0040A043, item.name))
        match kind, value:
            case "CONTAINER", _:
                parts.append(_fixed(0x0040A050, "SEPARATE"))
            case "TEXT", str():
                parts.append(self.text(0x0040A160, "UT", value))
            case "PNAME", str():
                parts.append(self.text(0x0040A123, "PN", value))
            case "UIDREF", str():
                parts.append(uid(0x0040A124, value))
            case "CODE", Code():
                parts.append(_code_sequence(self, 0x0040A168, value))
            case "DATETIME", datetime():
                parts.append(element(0x0040A120, "DT", self.moment(value).encode()))
            case "NUM", Measured(digits, unit):
                units = _code_sequence(self, 0x004008EA, unit)
                measured = units + element(0x0040A30A, "DS", digits.encode())
                parts.append(sequence(0x0040A300, [measured]))
        if item.children:
            parts.append(sequence(0x0040A730, [self.item(child) for child in item.children]))
        return b"".join(parts)

    def _bytes(self, tag: int, value: str) -> bytes:
        try:
            return value.encode(self._codec)
        except UnicodeEncodeError as error:
            raise InvalidInput(
                f"({tag >> 16:04X},{tag & 0xFFFF:04X})",
                f"character U+{ord(value[error.start]):04X} cannot be written in {self.charset or 'ASCII'}; "
                "write it otherwise, or choose ISO_IR 192 for this destination",
            ) from None

    def __hash__(self) -> int:
        return hash(self._codec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Encoder) and other._codec == self._codec


def reference(sop_class_uid: str, sop_instance_uid: str) -> bytes:
    """The body of a SOP instance reference item (PS3.3 table 10-11)."""
    return uid(0x00081150, sop_class_uid) + uid(0x00081155, sop_instance_uid)


@lru_cache(maxsize=256)
def _fixed(tag: int, value: str) -> bytes:
    return element(tag, "CS", value.encode("ascii"))


@lru_cache(maxsize=4096)
def _code_sequence(encoder: Encoder, tag: int, code: Code) -> bytes:
    """Codes repeat: each is encoded once in each character set."""
    short = len(code.value) <= _LIMITS["SH"]
    meaning = encoder.text(0x00080104, "LO", fit(code.meaning, 64))
    body = encoder.text(0x00080100, "SH", code.value) if short else b""
    body += encoder.text(0x00080102, "SH", code.scheme) + meaning
    if not short:
        body += encoder.text(0x00080119, "UC", code.value)
    return sequence(tag, [body])
