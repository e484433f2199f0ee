"""Several messages in one frame: batches (FHS, BHS … BTS, FTS; v2.5.1, 2.10.3) and what looks like one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from plugin.hl7.refusals import refusal

MESSAGES = 1_000
"""Messages that one batch may hold."""

_LEADING = b"\xef\xbb\xbf\x00 \t\r\n"
_LINE, _SEPARATOR = rb"(?:\A|(?<=[\r\n]))", rb"(?=[!#$%&*+/:;=?@\\^_|~])"
_MSH = re.compile(_LINE + rb"MSH" + _SEPARATOR + rb"|MSH(?=\|\^~\\&[|#])")
"""Where a message begins: a line, or right behind one that lost its last CR.  MSH2 and MSH6 are genes in a report's text."""
_ENVELOPE = re.compile(_LINE + rb"[FB](?:HS|TS)(?:" + _SEPARATOR + rb"|(?=[\r\n])|\Z)")
_MARK = re.compile(_MSH.pattern + rb"|" + _ENVELOPE.pattern)
_COUNT = re.compile(rb"[^\w\r\n](\d+)")


@dataclass(frozen=True, slots=True)
class Batch:
    """The messages of one frame, as bytes.

    Parameters
    ----------
    header
        FHS or BHS of the batch, empty when the frame has none.
    """

    header: bytes
    messages: tuple[bytes, ...]
    trailer: bytes


def is_plain(block: bytes) -> bool:
    """One message and nothing else: the usual case, told without cutting anything."""
    first = block.find(b"MSH")
    if block.find(b"MSH", first + 3) < 0 and block[:1] == b"M":
        return True
    block = block.lstrip(_LEADING)
    return block[:3] not in (b"FHS", b"BHS") and len(_MSH.findall(block)) < 2


def split(block: bytes) -> Batch:
    """Cut a frame at its MSH segments.

    CR and LF are never part of a character in the byte-wise sets, so this is safe before decoding.

    Raises
    ------
    MessageRejected
        More than `MESSAGES`, or BTS-1 or FTS-1 says another number than there are: a batch that was
        cut short must not be half done.
    """
    block = block.lstrip(_LEADING)
    starts = [match.start() for match in _MSH.finditer(block)]
    if len(starts) > MESSAGES:
        raise refusal("limit", "", what="messages", limit=str(MESSAGES))
    header = block[: starts[0]] if starts else block
    messages: list[bytes] = []
    trailer = b""
    for start, end in zip(starts, [*starts[1:], len(block)], strict=False):
        message = block[start:end]
        if mark := _ENVELOPE.search(message):
            trailer = message[mark.start() :]
            message = message[: mark.start()]
        messages.append(message)
    is_batch = header[:3] in (b"FHS", b"BHS")
    if is_batch:
        _check_counts(block)
    return Batch(header if is_batch else b"", tuple(messages), trailer)


def allow(found: Batch, several_messages: Literal["refuse", "split"]) -> None:
    """See whether what was cut out of a frame may be done, by the profile of its first message.

    Raises
    ------
    MessageRejected
        There is no message, or there are several without FHS and BHS and the profile takes none such.
    """
    if not found.messages:
        raise refusal("no_msh")
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
    """The answers to a batch as a batch: BHS with the sender's BHS-11 as its reference, then BTS with the count."""
    if not answers:
        return None
    if not batch.header:
        return b"".join(answers)
    lines = re.split(rb"[\r\n]+", batch.header)
    line = next((line for line in lines if line[:3] == b"BHS"), lines[0])
    separator = line[3:4]
    fields = line.split(separator)
    # What the sender's fields may hold must not break the frame of the answer.
    given = [fields[n].translate(None, b"\x0b\x1c\x00") if n < len(fields) else b"" for n in range(12)]
    # BHS-3..6 turned round; BHS-12 refers to the batch that is answered.
    head = separator.join([b"BHS", given[1], given[4], given[5], given[2], given[3], *[b""] * 5, given[10]])
    tail = separator.join([b"BTS", str(len(answers)).encode()])
    return head + b"\r" + b"".join(answers) + tail + b"\r"
