"""A message as the archive keeps it: the bytes, where they came from, and what became of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class MessageState(StrEnum):
    """ACCEPTED had its effect; REJECTED and QUARANTINED had none and are kept for repair."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


class Direction(StrEnum):
    """Which way a message went; of a sent one, `ack` is what its receiver answered."""

    RECEIVED = "received"
    SENT = "sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message, as far as its header could be read.

    Parameters
    ----------
    raw
        The bytes between the MLLP frame characters, untouched.
    sender
        MSH-3 and MSH-4 as ``application|facility``.
    control_id
        MSH-10, decoded.
    message_type
        ``ORU^R01``; empty when MSH could not be read.
    message_time
        MSH-7 as sent.
    charset
        Codec that decoded it; `charset_guessed` when the sender did not declare it rightly.
    reliable_control_id
        ``False`` where the site profile says that the sender re-uses its IDs (decisions 10).
    direction
        A sent message has its destination in `peer` and `profile`, and went at `received_at`.

    Attributes
    ----------
    digest
        SHA-256 (hex) of `raw`, made where the envelope is: whoever writes it down has other things to do.
    """

    raw: bytes
    peer: str
    received_at: datetime
    sender: str = ""
    control_id: str = ""
    message_type: str = ""
    message_time: str = ""
    charset: str = ""
    charset_guessed: bool = False
    profile: str = ""
    reliable_control_id: bool = True
    direction: Direction = Direction.RECEIVED
    digest: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "digest", hashlib.sha256(self.raw).hexdigest())


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedMessage:
    """A row of the archive.  `digest` is the SHA-256 (hex) of the raw bytes."""

    message_id: int
    sender: str
    control_id: str
    message_time: str
    message_type: str
    digest: str
    received_at: datetime
    state: MessageState
    ack: bytes
    error: str = ""
    accession_number: str = ""
    patient_id: str = ""
    duplicates: int = 0
    direction: Direction = Direction.RECEIVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What can be taken out of a kept message with one charset and one profile.

    Parameters
    ----------
    charset
        Codec that was used.
    facts
        Dotted name (``exam.accession_number``) to value; empty when `refused` says why.
    """

    charset: str
    profile: str
    facts: Mapping[str, str]
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFilter:
    """Which messages of the archive; what is empty does not restrict.

    Parameters
    ----------
    number
        Accession number, patient ID or control ID, whole.
    words
        Text anywhere in the message, whatever its character set; every message is looked
        through, so a time should be given as well.
    kind
        ``ORU^R01``, or ``ORU``.
    sender
        ``application|facility``, or the application alone.
    since, until
        Received or sent from then on, and before (UTC).
    """

    number: str = ""
    words: str = ""
    kind: str = ""
    sender: str = ""
    state: MessageState | None = None
    direction: Direction | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERY_MESSAGE = MessageFilter()
