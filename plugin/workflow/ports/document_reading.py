"""What a page needs to show documents that lie in archives, ours or a neighbour's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plugin.domain.imaging import ArchivedStudy, ShownStudy


class DocumentReading(Protocol):
    """Asks archives; nothing that is shown is kept."""

    @property
    def sources(self) -> Sequence[str]:
        """Names of the nodes that can be asked, the hospital's archive first."""
        ...

    def studies(
        self, source: str, *, accession_number: str = "", study_instance_uid: str = ""
    ) -> Sequence[ArchivedStudy]:
        """Studies at a node by one of their two identifiers, given whole.

        Raises
        ------
        InvalidInput
            Neither or not a plain identifier is given, or the node is unknown.
        DeliveryFailed
            The node cannot be asked.
        """
        ...

    def page(self, source: str, study_instance_uid: str) -> ShownStudy | None:
        """An HTML page of the study's reports and selections; ``None`` when it has none.

        Raises
        ------
        InvalidInput, DeliveryFailed
            As :meth:`studies` does.
        """
        ...

    def page_of_sheet(self, sheet_id: str) -> str | None:
        """The SR of a score sheet as the hospital's archive holds it; ``None`` when it does not.

        Raises
        ------
        DeliveryFailed
            The archive cannot be asked.
        """
        ...

    def page_of_file(self, data: bytes) -> str:
        """A page of an uploaded object; what cannot be read in it stands in its notes."""
        ...
