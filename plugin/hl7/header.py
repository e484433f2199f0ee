"""MSH alone, from raw bytes: what is needed before anything else may be trusted.

The header says which delimiters and which character set the message uses, so it has to be
read before it can be decoded.  Its fields are kept as bytes: an acknowledgement must give
the control ID and the parties back exactly as they came (HL7 v2.5.1, 2.9.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from plugin.hl7.charset_names import codec_of, declared_codec, utf16_codec
from plugin.hl7.refusals import refusal

HEADER_BYTES = 4096
"""Longest MSH segment; the longest real one has about 300 bytes."""
CONTROL_ID_BYTES = 199
"""MSH-10 is ST of 20 up to v2.6 and of 199 from v2.7 on."""

_ALLOWED = frozenset("!#$%&*+/:;=?@\\^_|~")
"""Characters that may delimit.  None of them is a letter, a digit, or common in names and dates."""
_USUAL = b"MSH|^~\\&|"
"""How nearly all messages begin."""
_LONGEST_DELIMITERS = 6
"""Bytes of MSH-1, MSH-2 and its truncation character."""
_LEADING = b"\xef\xbb\xbf\x00 \t\r\n"
_GB_SAFE = rb"(?:[\x81-\xfe][\x30-\x39][\x81-\xfe][\x30-\x39]|[\x81-\xfe][\x40-\x7e\x80-\xfe]|[^%s])*"
_TYPE = re.compile(rb"[A-Z][A-Z0-9]{2}(?:\W.*)?", re.DOTALL)
_VERSION = re.compile(rb"2(?:\.\d+){1,2}")


@dataclass(frozen=True, slots=True)
class Delimiters:
    """MSH-1 and MSH-2: how this message is cut, at four levels, and its escape character."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"


DEFAULT_DELIMITERS = Delimiters()

_VARYING = (7, 8, 10, 13, 14)
"""Fields that may be others in each message: time, security, control ID, sequence number, continuation."""
_LAST_ASKED_FOR = 18


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Manner:
    """What a sender says in the header of each message: read once, and found again for the next.

    Parameters
    ----------
    fields
        MSH-1 to MSH-18 as bytes by their numbers, empty where messages vary.
    codec
        Codec that the header declares, or empty.
    code, event
        MSH-9.1 and MSH-9.2.
    application, facility
        MSH-3 and MSH-4, whole.
    """

    fields: tuple[bytes, ...]
    delimiters: Delimiters
    wide: str
    codec: str
    code: str
    event: str
    version: str
    processing_id: str
    application: str
    facility: str

    def field(self, number: int) -> bytes:
        """MSH-`number` as sent; empty when it is not there, or varies."""
        return self.fields[number] if number < len(self.fields) else b""


class Header(NamedTuple):
    """MSH as bytes, in the message's own codec (UTF-16 brought to UTF-8).

    Parameters
    ----------
    fields
        ``fields[n]`` is MSH-n as sent, ``fields[1]`` the field separator.
    wide
        The UTF-16 codec of the message, or empty.
    manner
        What the sender's other headers say as well.
    """

    fields: tuple[bytes, ...]
    delimiters: Delimiters
    wide: str
    manner: Manner

    def field(self, number: int) -> bytes:
        """MSH-`number` as sent; empty when it is not there."""
        return self.fields[number] if number < len(self.fields) else b""

    def text(self, number: int) -> str:
        """MSH-`number` for people and look-ups: decoded as far as it can be, others escaped."""
        return _shown(self.field(number), self.codec)

    @property
    def control_id(self) -> bytes:
        """MSH-10."""
        return self.field(10)

    @property
    def codec(self) -> str:
        """Codec that the header declares, or empty."""
        return self.manner.codec

    @property
    def code(self) -> str:
        """MSH-9.1, message code."""
        return self.manner.code

    @property
    def event(self) -> str:
        """MSH-9.2, trigger event."""
        return self.manner.event

    @property
    def version(self) -> str:
        """MSH-12.1."""
        return self.manner.version

    @property
    def processing_id(self) -> str:
        """MSH-11.1."""
        return self.manner.processing_id

    @property
    def sender(self) -> str:
        """MSH-3 and MSH-4 as ``application|facility``: with MSH-10, who said what."""
        return f"{self.manner.application}|{self.manner.facility}"


def _manner(fields: list[bytes], delimiters: Delimiters, wide: str) -> Manner:
    common = fields[: _LAST_ASKED_FOR + 1]
    for number in _VARYING:
        if number < len(common):
            common[number] = b""
    return _manner_of(tuple(common), delimiters, wide)


@lru_cache(maxsize=256)
def _manner_of(fields: tuple[bytes, ...], delimiters: Delimiters, wide: str) -> Manner:
    """At most a header's bytes are kept of each, so that nobody fills the memory with invented ones."""

    def parts(number: int) -> list[str]:
        raw = fields[number] if number < len(fields) else b""
        found = raw.split(delimiters.component.encode())
        return [part.decode("ascii", "backslashreplace").strip() for part in found]

    country, charsets = (fields[n].decode("ascii", "replace") if n < len(fields) else "" for n in (17, 18))
    codec = wide or declared_codec(charsets, country)
    return Manner(
        fields=fields,
        delimiters=delimiters,
        wide=wide,
        codec=codec,
        code=parts(9)[0],
        event=next(iter(parts(9)[1:]), ""),
        version=parts(12)[0],
        processing_id=parts(11)[0],
        application=_shown(fields[3], codec) if len(fields) > 3 else "",
        facility=_shown(fields[4], codec) if len(fields) > 4 else "",
    )


def _shown(raw: bytes, codec: str) -> str:
    """A field for people and look-ups: decoded as far as it can be, others escaped."""
    if raw.isascii() and codec != "hz":
        return raw.decode("ascii")
    if not codec or codec.startswith("utf-16"):
        codec = "utf-8"  # a UTF-16 header is held as UTF-8
    for name in dict.fromkeys((codec, "utf-8", "gb18030")):
        try:
            return raw.decode(name)
        except UnicodeDecodeError:
            continue
    return raw.decode("ascii", "backslashreplace")


def read(block: bytes) -> Header:
    """Read the header of a block.

    Raises
    ------
    MessageRejected
        When the block does not begin with MSH, or its delimiters cannot be used.
    """
    wide, start = "", 0
    if not block.startswith(b"MSH"):
        if wide := utf16_codec(block):
            block = _narrow(block, wide)
        start = len(block) - len(block.lstrip(_LEADING))
        if not block.startswith(b"MSH", start):
            raise refusal("no_msh")
    line = block[start : _segment_end(block, start)]
    if len(line) > HEADER_BYTES:
        raise refusal("header_too_long", "MSH^1", limit=str(HEADER_BYTES))
    delimiters = DEFAULT_DELIMITERS if line.startswith(_USUAL) else _delimiters(line)
    separator = line[3:4]
    fields = line.split(separator) if line.isascii() else _split(line, separator)
    # MSH-1 is the separator itself, so the list is moved by one.
    fields.insert(1, separator)
    return Header(tuple(fields), delimiters, wide, _manner(fields, delimiters, wide))


def require(header: Header) -> None:
    """Refuse a header that cannot be answered or acted on, whoever sent it.

    Raises
    ------
    MessageRejected
        MSH-9 is missing, or MSH-10 is too long or holds control characters.
    """
    if not header.code:
        raise refusal("no_message_type", "MSH^1^9")
    control_id = header.control_id
    if len(control_id) > CONTROL_ID_BYTES or any(byte < 32 or byte == 127 for byte in control_id):
        raise refusal("control_id", "MSH^1^10", limit=str(CONTROL_ID_BYTES))


def _segment_end(block: bytes, start: int) -> int:
    end = block.find(b"\r", start)
    if end < 0:
        end = len(block)
    line_feed = block.find(b"\n", start, end)
    return end if line_feed < 0 else line_feed


def _delimiters(line: bytes) -> Delimiters:
    """MSH-1 and MSH-2, refused unless all five are distinct and from the allowed set."""
    end = line.find(line[3:4], 4) if len(line) > 3 else -1
    sent = line[3:end] if end > 0 else line[3:]
    found = _delimiters_named(sent) if len(sent) <= _LONGEST_DELIMITERS else None
    if found is None:
        raise refusal("delimiters", "MSH^1^2", found=line[3:12].decode("ascii", "backslashreplace"))
    return found


def _delimiters_named(sent: bytes) -> Delimiters | None:
    """The delimiters that MSH-1 and MSH-2 name; ``None`` when they cannot be used.

    A fifth character in MSH-2 is the truncation character of v2.7 and later, always ``#``.
    """
    found = sent.decode("latin-1")
    if len(found) == _LONGEST_DELIMITERS and found.endswith("#"):
        found = found[:-1]
    if len(found) != 5 or len(set(found)) != 5 or not _ALLOWED.issuperset(found):
        return None
    return Delimiters(*found)


def _split(line: bytes, separator: bytes) -> list[bytes]:
    """Cut MSH at its separators, not at trail bytes of GB18030 that look like them.

    The character set stands in the fields that are to be cut; so the cut is right whose
    MSH-9 and MSH-12 look like a type and a version, plain bytes first when both do.
    """
    plain = line.split(separator)
    careful = [match[0] for match in _gb_fields(line, separator)]
    if careful == plain:
        return plain
    declared = codec_of(plain[17].decode("latin-1")) if len(plain) > 17 else ""
    if declared and declared != "gb18030" and _plausible(plain):
        return plain
    return careful if _plausible(careful) or not _plausible(plain) else plain


def _gb_fields(line: bytes, separator: bytes) -> list[re.Match[bytes]]:
    pattern = re.compile(_GB_SAFE % re.escape(separator), re.DOTALL)
    found: list[re.Match[bytes]] = []
    at = 0
    while at <= len(line) and (match := pattern.match(line, at)):
        found.append(match)
        at = match.end() + 1
    return found


def _plausible(fields: list[bytes]) -> bool:
    return (
        len(fields) > 11 and _TYPE.fullmatch(fields[8]) is not None and _VERSION.match(fields[11]) is not None
    )


def _narrow(block: bytes, wide: str) -> bytes:
    """UTF-16 to UTF-8 as far as the header goes; undecodable halves are shown, not lost."""
    head = block[: 2 * HEADER_BYTES + 64]
    return head[: len(head) // 2 * 2].decode(wide, "backslashreplace").lstrip("\ufeff").encode("utf-8")
