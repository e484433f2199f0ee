"""OBX-2 ED and RP: documents inside a message, or pointers to where they lie."""

from __future__ import annotations

import base64
import binascii

from plugin.domain.attachment import Attachment, AttachmentFault
from plugin.hl7.reader import Segment

KINDS = frozenset({"ED", "RP"})
"""Value types of OBX-2 whose OBX-5 is no text."""


_URL_SAFE = str.maketrans("-_", "+/")
"""RFC 4648, 5: what some web services make of Base64."""


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
