"""MLLP: bytes in, blocks out; no socket, no clock.

A block stands between VT (0x0B) and FS CR (0x1C 0x0D) (HL7 v2 Implementation Guide,
appendix C, "Minimal Lower Layer Protocol").  Vendors forget the VT, the CR, or both, put
noise between frames, or break off a frame and begin another; the tolerant `Deframer`
takes what can only be meant in one way and reports everything else as a `Violation`.

Bytes are never decoded here.  A Chinese character may be cut by a socket read, and its
trail bytes may look like delimiters, so nothing below whole blocks means anything.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from plugin.hl7.charset_names import utf16_codec

VT, FS, CR = b"\x0b", b"\x1c", b"\r"
END = FS + CR
_HEADS = (b"MSH", b"FHS", b"BHS")
_BETWEEN = b"\r\n\x1c\x00 \t"
"""What may stand between two frames without being worth a word."""
_BOM = b"\xef\xbb\xbf"
_HEAD_KEPT = 64 * 1024
"""So much of a refused frame is kept for its header, its answer and the quarantine."""


class Fault(StrEnum):
    """How a peer may break the framing."""

    OVERSIZE = "oversize"
    NOISE = "noise"
    NO_START = "no_start"
    BROKEN_OFF = "broken_off"
    NO_END = "no_end"


@dataclass(frozen=True, slots=True)
class Block:
    """The bytes of one frame, without its frame characters."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Violation:
    """Framing that cannot be taken as meant.

    Parameters
    ----------
    head
        The offending bytes, at most 64 KiB of them.
    size
        How many bytes there were.
    fatal
        The stream cannot be followed any further: answer, then close.
    is_answered
        Noise before a frame is no message, and where it is tolerated nobody waits for its
        answer: the sender would take it for the answer to the frame.
    """

    fault: Fault
    head: bytes
    size: int
    fatal: bool = False
    is_answered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one connection may ask of us.

    Parameters
    ----------
    frame_bytes
        Longest block; a report with an embedded PDF has a few MiB.
    noise_bytes
        Longest run outside of any frame before the peer is given up.
    tolerant
        ``False``: anything but VT block FS CR is a violation.
    """

    frame_bytes: int = 16 * 1024 * 1024
    noise_bytes: int = 64 * 1024
    tolerant: bool = True


def frame(block: bytes) -> bytes:
    """Put a block between its frame characters."""
    return VT + block + END


class Deframer:
    """Cuts a stream into blocks, whatever the reads look like.

    >>> list(Deframer().feed(frame(b"MSH|one") + frame(b"MSH|two")))
    [Block(payload=b'MSH|one'), Block(payload=b'MSH|two')]
    """

    __slots__ = ("_buffer", "_dead", "_in_frame", "_limits", "_scanned")

    def __init__(self, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._buffer = bytearray()
        self._in_frame = False
        self._scanned = 0
        self._dead = False

    @property
    def mid_frame(self) -> bool:
        """Something was begun and is not finished: the frame time-out runs."""
        return self._in_frame or bool(self._buffer)

    def feed(self, data: bytes) -> Iterator[Block | Violation]:
        """Take what was read; yield what is complete, in order.  After a fatal violation nothing more comes."""
        if self._dead:
            return
        self._buffer += data
        while not self._dead:
            found = self._inside() if self._in_frame else self._outside()
            if found is None:
                return
            if isinstance(found, Violation) and found.fatal:
                self._dead = True
                self._buffer.clear()
            if isinstance(found, Block):
                if found.payload.strip(_BETWEEN):  # an empty frame is some vendors' keep-alive
                    yield from self._checked(found.payload)
            else:
                yield found

    def cut(self) -> Violation | None:
        """The peer has gone or is too late: what it left unfinished, if anything."""
        self._dead = True
        if not self.mid_frame:
            return None
        left = Violation(Fault.NO_END, bytes(self._buffer[:_HEAD_KEPT]), len(self._buffer), fatal=True)
        self._in_frame = False
        self._buffer.clear()
        return left

    def _outside(self) -> Block | Violation | None:
        """Between frames: look for VT, or for a message whose VT was forgotten."""
        buffer = self._buffer
        if self._limits.tolerant:
            # Counted, not stripped: a copy of all that waits, for each of thousands of small frames, is a long time.
            quiet = 0
            while quiet < len(buffer) and buffer[quiet] in _BETWEEN:
                quiet += 1
            del buffer[:quiet]
        if not buffer:
            return None
        if buffer.startswith(VT):
            del buffer[:1]
            self._in_frame, self._scanned = True, 0
            return self._inside()
        if self._limits.tolerant and buffer.startswith((*_HEADS, _BOM)):
            self._in_frame, self._scanned = True, 0
            return self._inside()
        # Searched for only now: of thousands of messages that have none, each would search all that waits.
        if (start := buffer.find(VT)) > 0:
            return self._outside_noise(start)
        if len(buffer) > self._limits.noise_bytes:
            return Violation(Fault.NOISE, bytes(buffer[:_HEAD_KEPT]), len(buffer), fatal=True)
        if not self._limits.tolerant and (end := buffer.find(END)) >= 0:
            return self._outside_noise(end + len(END))
        return None

    def _outside_noise(self, length: int) -> Violation:
        """Drop `length` bytes that belong to no frame."""
        noise = bytes(self._buffer[:length])
        del self._buffer[:length]
        fault = Fault.NO_START if noise.lstrip(_BETWEEN).startswith(_HEADS) else Fault.NOISE
        is_answered = fault is Fault.NO_START or not self._limits.tolerant
        return Violation(fault, noise[:_HEAD_KEPT], length, is_answered=is_answered)

    def _inside(self) -> Block | Violation | None:
        buffer = self._buffer
        end, length = self._find_end()
        if (len(buffer) if end < 0 else end) > self._limits.frame_bytes:
            return Violation(Fault.OVERSIZE, bytes(buffer[:_HEAD_KEPT]), len(buffer), fatal=True)
        if end < 0:
            return None
        payload = bytes(buffer[:end])
        del buffer[: end + length]
        self._in_frame = False
        return Block(payload)

    def _find_end(self) -> tuple[int, int]:
        """Where the block ends and how long its terminator is; (-1, 0) when it is not all here.

        In UTF-16 both VT and FS are halves of common characters (下 is 4E 0B, 东 is 4E 1C), so
        there only FS CR at the place of a character counts.
        """
        buffer, start = self._buffer, self._scanned
        if width := _utf16(buffer):
            while (at := buffer.find(END, start)) >= 0:
                if at % width == 0:
                    return at, 2
                start = at + 1
            self._scanned = max(0, len(buffer) - 1)
            return -1, 0
        if self._limits.tolerant:
            # FS has no other use in a block, so one without its CR ends it as well;
            # the CR, should it come later, is quiet between frames.
            at = buffer.find(FS, start)
            self._scanned = len(buffer)
            return (at, 2 if buffer[at + 1 : at + 2] == CR else 1) if at >= 0 else (-1, 0)
        at = buffer.find(END, start)
        self._scanned = max(0, len(buffer) - 1)
        return (at, 2) if at >= 0 else (-1, 0)

    def _checked(self, payload: bytes) -> Iterator[Block | Violation]:
        """A VT inside a block: the peer broke one message off and began the next."""
        if VT not in payload or _utf16(payload):
            yield Block(payload)
            return
        if not self._limits.tolerant:
            yield Violation(Fault.BROKEN_OFF, payload[:_HEAD_KEPT], len(payload))
            return
        at = max(payload.rfind(VT + head) for head in (*_HEADS, _BOM))
        if at > 0 and payload[:at].strip(_BETWEEN + VT + _BOM):
            yield Violation(Fault.BROKEN_OFF, payload[:at][:_HEAD_KEPT], at)
        yield Block(payload[at + 1 :])


def _utf16(data: bytes | bytearray) -> int:
    """2 when a block starts as UTF-16 does, by its byte order mark or by the zero beside its first letter."""
    return 2 if utf16_codec(bytes(data[:4])) else 0
