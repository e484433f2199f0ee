"""An acknowledgement as its receiver reads it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plugin.domain.errors import DeliveryFailed, MessageRejected
from plugin.hl7 import header as msh
from plugin.hl7.charset import decode
from plugin.hl7.reader import Message
from plugin.hl7.refusals import refusal

ACCEPTED = frozenset({"AA", "CA"})
"""MSA-1 of a message that its receiver has taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An acknowledgement.

    Parameters
    ----------
    code
        MSA-1.
    control_id
        MSA-2: which message is answered.
    error
        ERR-3.1 or its place in older versions, empty when accepted.
    location
        ERR-2 (segment ^ number ^ field), or its place in older versions.
    text
        What the receiver says, from ERR-8, ERR-7 or MSA-3.
    raw
        The block as received.
    addressee
        MSH-5 and MSH-6: who had sent the message, as an archive names a sender.
    """

    code: str
    control_id: str
    error: str
    location: str
    text: str
    raw: bytes = b""
    addressee: str = ""

    @property
    def accepted(self) -> bool:
        return self.code in ACCEPTED

    @property
    def reason(self) -> str:
        """Code, error and text, in one line."""
        return " ".join(filter(None, (self.code or "no MSA", self.error, self.text)))


def read_answer(block: bytes) -> Answer:
    """Read an acknowledgement in whatever charset it is in; MSA-2 is given as text.

    Raises
    ------
    DeliveryFailed
        When it is none.
    """
    try:
        header = msh.read(block)
        answer = answer_in(Message(*_text(block, header)))
    except MessageRejected as error:
        raise DeliveryFailed(f"the answer is no HL7 message: {error.text}", retry=True) from error
    return replace(answer, raw=block)


def answer_in(message: Message) -> Answer:
    """Read MSA and ERR of a message.

    Raises
    ------
    MessageRejected
        When it has no MSA.
    """
    msa = message.first("MSA")
    if msa is None:
        raise refusal("no_segment", "MSA^1", segment="MSA")
    head, err = message.first("MSH"), message.first("ERR")
    code = text = location = ""
    if err:
        code = err.value(3, 1) or err.value(1, 4, 1)
        location = "^".join(filter(None, err.components(2) or err.components(1)[:3]))
        text = err.value(8) or err.value(7) or msa.value(3) or err.value(1, 4, 2)
    addressee = f"{head.field(5)}|{head.field(6)}" if head else "|"
    return Answer(msa.value(1), msa.field(2), code, location, text or msa.value(3), addressee=addressee)


def _text(block: bytes, header: msh.Header) -> tuple[str, msh.Delimiters, str]:
    """The answer as text; an answer whose charset is broken is still an answer."""
    try:
        decoded = decode(block, header.codec)
    except MessageRejected:
        codec = header.wide or "latin-1"
        return block.decode(codec, "backslashreplace").lstrip("\ufeff"), header.delimiters, codec
    return decoded.text, header.delimiters, decoded.codec
