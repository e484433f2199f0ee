"""Connections that were refused, or cut off because nobody read on the other side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

OTHERS = "*"
"""Stands for the peers that were too many to be told one by one."""


LISTENERS = ("hl7", "hl7-tls")
"""Names of the endpoints."""


class Reason(StrEnum):
    """What a connection is refused for."""

    ADDRESS = "address"
    CERTIFICATE = "certificate"
    FULL = "full"
    FULL_FOR_HOST = "full_for_host"
    HANDSHAKE = "handshake"
    NOT_READING = "not_reading"
    """It was let in, and closed because it did not read its acknowledgements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedAway:
    """What one listener refused one peer for, and how often.

    Parameters
    ----------
    peer
        Its address, without the port, which is another at each try.
    listener
        One of :data:`LISTENERS`.
    detail
        What the last handshake failed of, in the words of the TLS library; empty else.
    """

    peer: str
    listener: str
    reason: Reason
    detail: str
    count: int
    first_at: datetime
    last_at: datetime
