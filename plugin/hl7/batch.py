"""Several messages in one frame: batches (FHS, BHS … BTS, FTS; v2.5.1, 2.10.3) and what looks like one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from plugin.hl7.charset_names import utf16_codec
from plugin.hl7.refusals import refusal

MESSAGES = 1_000
"""Messages that one batch may hold."""

_LEADING = b"\xef\xbb\xbf\x00 \t\r\n"
_LINE, _SEPARATOR = rb"(?:\A|(?<=[\r\n]))", rb"(?=[!#$%&*+/:;=?@\\^_|~])"
_MSH = re.compile(_LINE + rb"MSH" + _SEPARATOR + rb"|MSH(?=\|\^~\\&[|#])")
"""Where a message begins: a line, or right behind one that lost its last CR.  MSH2 and MSH6 are genes in a report's text."""
_ENVELOPE = re.compile(_LINE + rb"[FB](?:HS|TS)(?:" + _SEPARATOR + rb"|(?=[\r\n])|\Z)")
_MARK = re.compile(_MSH.pattern + rb"|" + _ENVELOPE.pattern)
_CLOSE = re.compile(_LINE + rb"[FB]TS(?:" + _SEPARATOR + rb"|(?=[\r\n])|\Z)")
_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_COUNT = re.compile(rb"[^\w\r\n](\d+)")


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one frame, as bytes.

    Parameters
    ----------
    header, trailer
        FHS and BHS, BTS and FTS of the batch, empty when the frame has none; of UTF-16 in UTF-8.
    wide
        The UTF-16 codec of the frame, or empty.
    mark
        Its byte order mark, or nothing.
    """

    header: bytes
    messages: tuple[bytes, ...]
    trailer: bytes
    wide: str = ""
    mark: bytes = b""

    @property
    def is_empty(self) -> bool:
        """Whether the batch was begun and ended without a message, as v2.5.1, 2.10.3.1 allows."""
        return bool(self.header and self.trailer and not self.messages)

    @property
    def sender(self) -> str:
        """BHS-3 and BHS-4, as an archive names a sender."""
        application, facility = (part.decode("ascii", "backslashreplace") for part in self._given[3:5])
        return f"{application}|{facility}"

    @property
    def _given(self) -> list[bytes]:
        """The fields of BHS (of FHS without one) by their numbers, without what would break the frame of an answer."""
        lines = re.split(rb"[\r\n]+", self.header)
        line = next((line for line in lines if line[:3] == b"BHS"), lines[0])
        fields = [b"BHS", *line.split(line[3:4])] if len(line) > 3 else []
        return [fields[n].translate(None, b"\x0b\x1c\x00") if n < len(fields) else b"" for n in range(13)]

    def answer(self, answers: list[bytes], comment: str = "") -> bytes:
        """The answers as a batch: BHS with the sender's BHS-11 as its reference, then BTS with the count and a comment."""
        separator = self.header[3:4]
        given = self._given
        # BHS-1 is the separator itself; BHS-3..6 turned round; BHS-12 refers to the batch that is answered.
        head = [b"BHS", given[2], given[5], given[6], given[3], given[4], *[b""] * 5, given[11]]
        tail = [b"BTS", str(len(answers)).encode(), *([comment.encode("ascii")] if comment else [])]
        before, after = (self._in_its_codec(separator.join(line) + b"\r") for line in (head, tail))
        return self.mark + before + b"".join(answers) + after

    def _in_its_codec(self, line: bytes) -> bytes:
        return line.decode().encode(self.wide) if self.wide else line


def _narrow(block: bytes) -> tuple[bytes, str, bytes]:
    """A frame in which marks can be looked for byte by byte, the codec of its UTF-16, and its byte order mark.

    Raises
    ------
    UnicodeDecodeError
        It is UTF-16 that does not decode.
    """
    mark = block[:2] if block[:2] in _BOMS else b""
    wide = _BOMS.get(mark) or utf16_codec(block)
    return (block[len(mark) :].decode(wide).encode() if wide else block), wide, mark


def is_plain(block: bytes) -> bool:
    """One message and nothing else: the usual case, told without cutting anything."""
    if block.startswith(b"MSH") and block.find(b"MSH", 3) < 0:
        return True
    try:
        block, _, _ = _narrow(block)
    except UnicodeDecodeError:
        return True  # whoever reads it as a message will say so
    block = block.lstrip(_LEADING)
    return block[:3] not in (b"FHS", b"BHS") and len(_MSH.findall(block)) < 2


def first_message(block: bytes) -> int:
    """Where the first MSH of a frame begins, 0 without one."""
    wide = _BOMS.get(block[:2]) or utf16_codec(block)
    return max(0, block.find("MSH".encode(wide or "ascii")))


def split(block: bytes) -> Batch:
    """Cut a frame that is not plain at its MSH segments.

    CR and LF are never part of a character in the byte-wise sets, so this is safe before decoding.

    Raises
    ------
    MessageRejected
        More than `MESSAGES`, or BTS-1 or FTS-1 says another number than there are: a batch that was
        cut short must not be half done.
    """
    block, wide, byte_order = _narrow(block)
    block = block.lstrip(_LEADING)
    starts = [match.start() for match in _MSH.finditer(block)]
    if len(starts) > MESSAGES:
        raise refusal("limit", "", what="messages", limit=str(MESSAGES))
    close = _CLOSE.search(block)
    begins = starts[0] if starts else close.start() if close else len(block)
    header, trailer = block[:begins], b"" if starts else block[begins:]
    messages: list[bytes] = []
    for start, end in zip(starts, [*starts[1:], len(block)], strict=False):
        message = block[start:end]
        if mark := _ENVELOPE.search(message):
            trailer = message[mark.start() :]
            message = message[: mark.start()]
        messages.append(message)
    is_batch = header[:3] in (b"FHS", b"BHS")
    if is_batch:
        _check_counts(block)
    if wide:
        messages = [message.decode().encode(wide) for message in messages]
    return Batch(header if is_batch else b"", tuple(messages), trailer, wide, byte_order)


def allow(found: Batch, several_messages: Literal["refuse", "split"]) -> None:
    """See whether what was cut out of a frame may be done, by the profile of its first message.

    Raises
    ------
    MessageRejected
        There is no message and no batch that ends without one, or there are several without FHS and BHS
        and the profile takes none such.
    """
    if not found.messages and not found.is_empty:
        raise refusal("open_batch", "BHS^1") if found.header else refusal("no_msh")
    if not found.header and several_messages == "refuse":
        raise refusal("several_messages", "MSH^2", count=str(len(found.messages)))


def _check_counts(block: bytes) -> None:
    """BTS-1, messages of the batch, and FTS-1, batches of the file, each where it is given."""
    messages = batches = 0
    for mark in _MARK.finditer(block):
        name = mark[0].decode()
        if name == "MSH":
            messages += 1
        elif name == "BHS":
            messages, batches = 0, batches + 1
        elif name in ("BTS", "FTS") and (count := _COUNT.match(block, mark.end())):
            found = messages if name == "BTS" else batches
            if int(count[1]) != found:
                declared = count[1].decode()
                raise refusal("batch_count", f"{name}^1^1", segment=name, declared=declared, found=str(found))


def joined(batch: Batch, answers: list[bytes]) -> bytes | None:
    """The answers to the messages of a frame; ``None`` when there are none."""
    if not answers:
        return None
    return batch.answer(answers) if batch.header else b"".join(answers)
