"""Documents that came beside reports."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.attachment import Attachment, KeptAttachment


class AttachmentRepository(Protocol):
    """Documents that came beside reports."""

    def add(
        self, accession_number: str, message_id: int, attachments: Sequence[Attachment], at: datetime
    ) -> None:
        """Keep them; one that the examination has already, byte for byte, is not kept twice."""
        ...

    def for_exam(self, accession_number: str) -> Sequence[KeptAttachment]:
        """All of an examination, newest first, without their content."""
        ...

    def of_message(self, message_id: int) -> Sequence[KeptAttachment]:
        """What one message brought, in its order, without content."""
        ...

    def get(self, attachment_id: int) -> KeptAttachment | None:
        """One with its content."""
        ...
