"""Documents that came beside a report's text are kept with it; what is wrong with one never stops the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from plugin.domain.attachment import Attachment, AttachmentFault
from plugin.domain.report import Report
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import UnitOfWork

MOST = 20
"""Attachments of one report; of more the rest is left in the archived message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepAttachments:
    """Keeps what came beside a report, in the transaction that keeps the report.

    Parameters
    ----------
    numbered
        ``numbered(uow, report, placer, filler)``: the report with the accession number it is kept under.
    most_bytes
        A larger document is noted and not kept.
    """

    numbered: Callable[[UnitOfWork, Report, str, str], Report]
    clock: Clock
    most_bytes: int = 8 << 20

    def __call__(
        self,
        uow: UnitOfWork,
        message_id: int,
        report: Report,
        attachments: Sequence[Attachment],
        *,
        placer_order_number: str = "",
        filler_order_number: str = "",
    ) -> None:
        """Keep them, one that is too large by its size alone.

        Raises
        ------
        MessageRejected
            When the report has no number to be kept under; it was refused itself then.
        """
        number = self.numbered(uow, report, placer_order_number, filler_order_number).exam.accession_number
        kept = [self._within_limit(each) for each in attachments[:MOST]]
        uow.attachments.add(number, message_id, kept, self.clock())

    def _within_limit(self, attachment: Attachment) -> Attachment:
        if len(attachment.content) <= self.most_bytes:
            return attachment
        return replace(attachment, content=b"", fault=AttachmentFault.TOO_LARGE)
