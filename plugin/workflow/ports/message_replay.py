"""What a page needs to process messages of the archive again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plugin.domain.archive import MessageState, Reading


class MessageReplay(Protocol):
    """``plugin.hl7.replay.Replayer``; works beside the running listener."""

    @property
    def charsets(self) -> Sequence[str]:
        """Names of character sets to offer."""
        ...

    @property
    def profiles(self) -> Sequence[str]:
        """Names of profiles to offer."""
        ...

    def preview(self, message_id: int, *, charset: str = "", profile: str = "") -> Reading:
        """What a replay would take out of the message; nothing is changed.

        Raises
        ------
        UnknownReport, InvalidInput
            There is no such message, charset or profile.
        """
        ...

    def replay(
        self, message_id: int, *, charset: str = "", profile: str = "", again: bool = False
    ) -> MessageState:
        """Process it; `again` also one that had its effect.

        Raises
        ------
        UnknownReport, GateConflict, InvalidInput
            There is no such message, charset or profile; it was sent, or had its effect.
        """
        ...
