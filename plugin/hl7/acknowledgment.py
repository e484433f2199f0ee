"""Outcome → acknowledgement, in the sender's own delimiters, character set and mode.

Original mode (v2.5.1, 2.9.2): AA, AE, AR.  Enhanced mode, when MSH-15 or MSH-16 is valued
(2.9.3): CA, CE, CR where only the commit is asked for.  SignGate answers after the commit, so
where a sender asks for both, one acknowledgement of the application level says both
(docs/adr/0031).
"""

from __future__ import annotations

from datetime import datetime, tzinfo
from functools import lru_cache

from plugin.domain.errors import MessageRejected
from plugin.hl7 import header as msh
from plugin.hl7.escape import escape
from plugin.hl7.header import DEFAULT_DELIMITERS, Header, Manner
from plugin.hl7.refusals import HL70357, Refusal

_TEXT_CHARS = 250
"""ERR-8 is TX of 250."""


def acknowledge(
    header: Header | None,
    rejected: MessageRejected | None,
    *,
    now: datetime,
    control_id: str,
    codec: str = "",
    always: bool = False,
    zone: tzinfo | None = None,
) -> bytes | None:
    """Write the acknowledgement of one message.

    Parameters
    ----------
    header
        Header of the message that is answered; ``None`` when it could not be read.
    rejected
        Why it is refused; ``None`` accepts it.
    control_id
        MSH-10 of the acknowledgement itself, newly minted.
    codec
        Codec that the message was decoded with; the declared one when empty.
    always
        Answer a sender in enhanced mode even where its MSH-15 and MSH-16 want no answer.
    zone
        Whose clock MSH-7 shows; the system's without one.

    Returns
    -------
    bytes or None
        A block to be framed; ``None`` when the sender wants no answer to this outcome.
    """
    code = acknowledgment_code(header, rejected)
    if code is None:
        if not always:
            return None
        code = rejected.ack_code if rejected else "AA"
    writer = _Writer(header, codec)
    lines = [writer.msh(now, zone, control_id), writer.msa(code, rejected)]
    if rejected:
        lines.append(writer.err(rejected))
    return writer.encoded(b"\r".join(lines) + b"\r")


def acknowledgment_code(header: Header | None, rejected: MessageRejected | None) -> str | None:
    """MSA-1 for an outcome: ``AA AE AR``, ``CA CE CR``, or ``None`` for no answer (HL7 tables 0008, 0155)."""
    code = rejected.ack_code if rejected else "AA"
    if header is None or not (header.field(15) or header.field(16)):
        return code
    accept, application = header.text(15).strip().upper(), header.text(16).strip().upper()
    if {accept, application} in ({""}, {"", "NE"}):
        # Original mode; and a sender that waives one kind without asking for the other still waits.
        return code
    accepted = rejected is None
    if _wants(application, accepted):
        return code
    if _wants(accept, accepted):
        return f"C{code[1]}"
    # A refusal is always said: a sender that asked for silence still has a message that had no effect.
    return None if accepted else code


def is_awaited(message: bytes) -> bool:
    """Whether MSH-15 and MSH-16 of a message leave room for an answer where it is accepted."""
    try:
        return acknowledgment_code(msh.read(message), None) is not None
    except MessageRejected:
        return True


def _wants(condition: str, accepted: bool) -> bool:
    """Table 0155; an unknown condition is answered, an empty one beside a valued one is not."""
    return {"AL": True, "NE": False, "": False, "ER": not accepted, "SU": accepted}.get(condition, True)


class _Writer:
    """Writes the three segments as bytes, so that what is returned stays what was sent."""

    def __init__(self, header: Header | None, codec: str) -> None:
        self.header, self._decoded_with = header, codec
        self.delimiters = header.delimiters if header else DEFAULT_DELIMITERS
        # A UTF-16 header is held as UTF-8 until the whole answer is encoded.
        self.wide = header.wide if header else ""
        self.version = header.version if header else ""

    def _codec(self) -> str:
        """In which words of ours are written: ASCII when what is given back cannot stand beside them in any other.

        An answer is in one character set.
        """
        if self.wide:
            return "utf-8"
        codec = self._decoded_with or (self.header.codec if self.header else "") or "utf-8"
        given = b"".join(_given(self.header, number) for number in (3, 4, 5, 6, 10))
        if given.isascii() and not codec.startswith("utf-16"):
            return codec
        try:
            given.decode(codec)
        except UnicodeDecodeError:
            return "ascii"
        return "ascii" if codec.startswith("utf-16") else codec

    def msh(self, now: datetime, zone: tzinfo | None, control_id: str) -> bytes:
        before, between, after = _letterhead(self.header.manner if self.header else None)
        at = now.replace(microsecond=0)
        return b"".join(
            (before, _written(at, zone), between, escape(control_id, self.delimiters).encode(), after)
        )

    def msa(self, code: str, rejected: MessageRejected | None) -> bytes:
        fields = [b"MSA", code.encode(), _given(self.header, 10)]
        # MSA-3 was withdrawn in v2.7; before, it is what most screens show.
        if rejected and not _is_from(self.version, 2, 7):
            fields.append(self._text(rejected))
        return self._join(fields)

    def err(self, rejected: MessageRejected) -> bytes:
        """ERR: one component of ERR-1 up to v2.4, ERR-2 to ERR-8 from v2.5 on."""
        d = self.delimiters
        meaning = HL70357.get(rejected.err_code, "")
        # A place may name what the sender took for a segment.
        place = [self._encode(part) for part in rejected.location.split("^")] if rejected.location else []
        between = d.component.encode()
        if _is_from(self.version, 2, 5):
            code = d.component.join((rejected.err_code, meaning, "HL70357"))
            return self._join(
                [
                    b"ERR",
                    b"",
                    between.join(place),
                    code.encode(),
                    b"E",
                    b"",
                    b"",
                    self._encode(_english(rejected)),
                    self._text(rejected),
                ]
            )
        code = d.subcomponent.join((rejected.err_code, meaning, "HL70357"))
        return self._join([b"ERR", between.join([*(place + [b"", b"", b""])[:3], code.encode()])])

    def encoded(self, block: bytes) -> bytes:
        """The whole answer in the sender's encoding."""
        return block.decode("utf-8").encode(self.wide) if self.wide else block

    def _text(self, rejected: MessageRejected) -> bytes:
        return self._encode(rejected.text, _english(rejected))

    def _encode(self, text: str, english: str = "") -> bytes:
        escaped, codec = escape(text[:_TEXT_CHARS].replace("\n", " "), self.delimiters), self._codec()
        try:
            return escaped.encode(codec)
        except UnicodeEncodeError:
            plain = english or text
            return escape(plain[:_TEXT_CHARS], self.delimiters).encode(codec, "replace")

    def _join(self, fields: list[bytes]) -> bytes:
        return self.delimiters.field.encode().join(fields)


def _english(rejected: MessageRejected) -> str:
    """What a sender can read whose character set has no Chinese; of a journey's refusal what stands behind the stroke."""
    return rejected.english if isinstance(rejected, Refusal) else rejected.text.rpartition(" / ")[2]


@lru_cache(maxsize=256)
def _letterhead(manner: Manner | None) -> tuple[bytes, bytes, bytes]:
    """MSH of our answers to a sender: what stands before the time, between it and the control ID, and after that."""
    d = manner.delimiters if manner else DEFAULT_DELIMITERS
    trigger, version = (manner.event, manner.version) if manner else ("", "")
    parts = ["ACK", trigger, "ACK"] if _is_from(version, 2, 3, 1) else ["ACK", trigger]
    if not trigger:
        parts = ["ACK"]
    separator = d.field.encode()
    encoding = (d.component + d.repetition + d.escape + d.subcomponent).encode()
    before = [b"MSH", encoding, *(_given(manner, number) for number in (5, 6, 3, 4)), b""]
    between = [b"", b"", d.component.join(escape(part, d) for part in parts).encode(), b""]
    after = [b"", _given(manner, 11) or b"P", _given(manner, 12) or b"2.5"]
    if charset := _given(manner, 18):
        after += [b""] * 5 + [charset]
    return separator.join(before), separator.join(between), separator.join(after)


@lru_cache(maxsize=4)
def _written(second: datetime, zone: tzinfo | None) -> bytes:
    """MSH-7 by the clock on the wall, with its offset; what that is here the system is asked once a second."""
    return second.astimezone(zone).strftime("%Y%m%d%H%M%S%z").encode()


def _given(of: Header | Manner | None, number: int) -> bytes:
    """A field of the sender's header, without what would break frame or segment."""
    raw = of.field(number) if of else b""
    return raw.translate(None, b"\x0b\x1c\r\n\x00")


def _is_from(version: str, *least: int) -> bool:
    """Whether a version of HL7 is this one or a later; one that cannot be read is answered in the newer form, which says more."""
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    return not numbers or numbers >= least
