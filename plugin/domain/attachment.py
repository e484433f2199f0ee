"""What a sender puts beside the text of a report: an embedded document, or where one lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AttachmentFault(StrEnum):
    """Why the content was not kept; the report itself was."""

    UNREADABLE = "unreadable"
    """Its encoding (OBX-5.4, HL7 table 0299) does not decode."""
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One attachment, as its sender meant it.

    Parameters
    ----------
    code
        What the sender calls it (OBX-3).
    media_type
        As declared, ``application/pdf``; never believed when it is handed out.
    content
        The decoded bytes; empty for a `reference` and with a `fault`.
    reference
        Where the document lies, of an OBX-2 of RP.
    size
        Bytes of the content, also of one that was not kept.
    """

    code: str
    media_type: str
    content: bytes = b""
    reference: str = ""
    size: int = 0
    fault: AttachmentFault | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAttachment:
    """An attachment in the store, with whose it is and when it came; `attachment.content` only when asked for.

    Parameters
    ----------
    digest
        SHA-256 (hex) of the content; empty without one.
    """

    attachment_id: int
    accession_number: str
    message_id: int
    kept_at: datetime
    digest: str
    attachment: Attachment

    @property
    def has_content(self) -> bool:
        return bool(self.digest)
