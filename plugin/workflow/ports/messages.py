"""Every raw message, received or sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState


class MessageArchive(Protocol):
    """Every raw message, received or sent."""

    def find(
        self, sender: str, control_id: str, direction: Direction = Direction.RECEIVED
    ) -> Sequence[ArchivedMessage]:
        """Messages with this identity, newest first: as many as there are of a sender that numbers nothing."""
        ...

    def taken(self, destination: str, since: datetime, limit: int) -> Sequence[tuple[str, str, bytes]]:
        """Sender, control ID and last answer of what a destination has taken since then, newest first."""
        ...

    def same(self, envelope: Envelope) -> Sequence[ArchivedMessage]:
        """Messages with this identity, direction and bytes, newest first."""
        ...

    def bearing(self, envelope: Envelope, since: datetime) -> ArchivedMessage | None:
        """An accepted message that bears this sender's control ID, with the same MSH-7 or received after `since`."""
        ...

    def add(
        self,
        envelope: Envelope,
        state: MessageState,
        ack: bytes,
        *,
        error: str = "",
        accession_number: str = "",
        patient_id: str = "",
    ) -> int:
        """Keep a message with its outcome; return its number."""
        ...

    def count_duplicate(self, message_id: int) -> None:
        """One more arrival of the same bytes."""
        ...

    def get(self, message_id: int) -> tuple[ArchivedMessage, Envelope] | None:
        """A message with its bytes."""
        ...

    def settle(
        self,
        message_id: int,
        state: MessageState,
        ack: bytes,
        *,
        error: str = "",
        accession_number: str = "",
        patient_id: str = "",
    ) -> None:
        """Replace the outcome of a kept message (after a replay or a repair)."""
        ...

    def reread(self, message_id: int, charset: str, profile: str) -> None:
        """Note by which codec and profile a message is read now."""
        ...

    def forget_before(self, at: datetime, limit: int) -> int:
        """Delete up to `limit` messages older than `at`; return how many.

        Those under inspection (quarantined) stay, and those that still wait to be passed on.
        """
        ...
