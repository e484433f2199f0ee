"""OBX-2 ED and RP: documents inside a message, or pointers to where they lie."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from itertools import chain, groupby

from plugin.domain.attachment import Attachment, AttachmentFault
from plugin.hl7.reader import Segment

KINDS = frozenset({"ED", "RP"})
"""Value types of OBX-2 whose OBX-5 is no text."""


_URL_SAFE = str.maketrans("-_", "+/")
"""RFC 4648, 5: what some web services make of Base64."""


def read_documents(segments: Sequence[Segment]) -> list[Attachment]:
    """All attachments of OBX segments; a PDF that was cut into several, numbered by OBX-4, is put together."""
    found: list[Attachment] = []
    for _, same in groupby(segments, key=lambda obx: (obx.field(2), obx.field(3))):
        pieces = list(same)
        whole = _put_together(pieces)
        found += [whole] if whole else chain.from_iterable(map(read_attachments, pieces))
    return found


def _put_together(pieces: Sequence[Segment]) -> Attachment | None:
    """The document whose pieces these are; ``None`` when each is one by itself."""
    if len(pieces) < 2 or not all(piece.value(4) and len(piece.repetitions(5)) == 1 for piece in pieces):
        return None
    first, *others = (piece.components(5) for piece in pieces)
    # Four characters of Base64 are three bytes: a piece may end within them.
    began = _embedded("", [*first[:-1], first[-1][: len(first[-1]) // 4 * 4]]).content
    if not began.startswith(b"%PDF-") or b"%%EOF" in began:
        return None
    whole = _embedded(
        pieces[0].value(3, 1) or pieces[0].value(3, 2),
        [*first[:-1], first[-1] + "".join(parts[-1] for parts in others)],
    )
    return whole if b"%%EOF" in whole.content else None


def read_attachments(obx: Segment) -> list[Attachment]:
    """One attachment for each repetition of OBX-5.

    ED is source ^ type ^ subtype ^ encoding ^ data (v2.5.1, 2.A.24), RP is pointer ^
    application ^ type ^ subtype (2.A.65).  A sender that puts nothing but the data into
    OBX-5 is understood.  A document that does not decode is noted; the report is not
    refused for it.
    """
    code = obx.value(3, 1) or obx.value(3, 2)
    read = _pointer if obx.value(2).upper() == "RP" else _embedded
    return [read(code, obx.components(5, number)) for number in range(1, len(obx.repetitions(5)) + 1)]


def _pointer(code: str, parts: list[str]) -> Attachment:
    pointer, _, kind, subtype = (*parts, "", "", "", "")[:4]
    return Attachment(
        code=code, media_type="/".join(filter(None, (kind, subtype))).lower(), reference=pointer
    )


def _embedded(code: str, parts: list[str]) -> Attachment:
    if len(parts) == 1:
        parts = ["", "", "", "BASE64", parts[0]]
    _, kind, subtype, encoding, data = (*parts, "", "", "", "", "")[:5]
    media_type = "/".join(filter(None, (kind, subtype))).lower()
    content = _decoded(data, encoding.upper())
    if not content:
        return Attachment(code=code, media_type=media_type, size=len(data), fault=AttachmentFault.UNREADABLE)
    return Attachment(code=code, media_type=media_type, content=content, size=len(content))


def _decoded(sent: str, encoding: str) -> bytes:
    """Content by table 0299, ``Base64``, ``Hex`` or ``A`` (none); empty when it does not decode or is not there."""
    try:
        if encoding == "A":
            return sent.encode()
        packed = "".join(sent.split())
        if packed.startswith("data:"):
            packed = packed.partition(",")[2]
        if encoding == "HEX":
            return bytes.fromhex(packed)
        # What declares no encoding is Base64 with everybody who was met; some leave its padding out.
        packed = packed.translate(_URL_SAFE)
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        return b""
