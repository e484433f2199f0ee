"""What was written for archives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from plugin.domain.document import Announcement, DocumentKind, DocumentState, SentDocument


class DocumentRepository(Protocol):
    """What was written for archives: an instance for each destination, and where it lies."""

    def add(self, document: SentDocument) -> None: ...

    def get(self, sop_instance_uid: str) -> SentDocument | None: ...

    def for_exam(self, accession_number: str) -> Sequence[SentDocument]:
        """All documents, oldest first."""
        ...

    def mark(self, document: SentDocument) -> None:
        """Keep its state, time, place, study, class and note; the rest of a document never changes."""
        ...

    def tally(self) -> Mapping[tuple[str, DocumentKind, DocumentState], int]:
        """How many documents each destination has in each state."""
        ...

    def announced(self, study_instance_uid: str) -> Announcement | None:
        """What the study was announced to consist of."""
        ...

    def announce(self, announcement: Announcement) -> None:
        """Keep an announcement in the place of the one before."""
        ...
