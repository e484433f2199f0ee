"""Several messages in one frame: batches (FHS, BHS … BTS, FTS; v2.5.1, 2.10.3) and what looks like one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from plugin.hl7.refusals import refusal

MESSAGES = 1_000
"""Messages that one batch may hold."""

_LEADING = b"\xef\xbb\xbf\x00 \t\r\n"
_MSH = re.compile(rb"(?:\A|(?<=[\r\n]))MSH")
_ENVELOPE = re.compile(rb"(?:\A|(?<=[\r\n]))[FB](?:HS|TS)")


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
        More than `MESSAGES`, or BTS-1 says another number than there are: a batch that was cut
        short must not be half done.
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
        _check_count(trailer, len(messages))
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


def _check_count(trailer: bytes, found: int) -> None:
    """BTS-1, batch message count, where it is given and there is one batch."""
    totals = re.findall(rb"(?:\A|[\r\n])BTS\W(\d+)", trailer)
    if len(totals) == 1 and int(totals[0]) != found:
        declared = totals[0].decode()
        raise refusal("batch_count", "BTS^1^1", segment="BTS", declared=declared, found=str(found))


def joined(batch: Batch, answers: list[bytes]) -> bytes | None:
    """The answers to a batch as a batch: BHS with the sender's BHS-11 as its reference, then BTS with the count."""
    if not answers:
        return None
    if not batch.header:
        return b"".join(answers)
    line = next(line for line in re.split(rb"[\r\n]+", batch.header) if line[:3] in (b"BHS", b"FHS"))
    separator = line[3:4]
    fields = line.split(separator)
    # What the sender's fields may hold must not break the frame of the answer.
    given = [fields[n].translate(None, b"\x0b\x1c\x00") if n < len(fields) else b"" for n in range(12)]
    # BHS-3..6 turned round; BHS-12 refers to the batch that is answered.
    head = separator.join([b"BHS", given[1], given[4], given[5], given[2], given[3], *[b""] * 5, given[10]])
    tail = separator.join([b"BTS", str(len(answers)).encode()])
    return head + b"\r" + b"".join(answers) + tail + b"\r"
