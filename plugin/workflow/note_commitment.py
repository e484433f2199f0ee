"""The PACS reports which objects it keeps, and which it has lost (PS3.4 J.3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from plugin.domain.document import DocumentState
from plugin.workflow.issue_documents import document_job
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)

LONGEST_PAUSE = timedelta(hours=6)
"""Before a document that was lost many times is sent again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCommitment:
    """Marks documents as kept; a lost one is sent again to its destination, once a transaction.

    An archive that loses the same document again and again is given longer and longer pauses.
    """

    around: Surroundings

    def __call__(
        self, uow: UnitOfWork, transaction_uid: str, kept: Sequence[str], failed: Mapping[str, int]
    ) -> None:
        """Write down what is kept and what `failed`, by SOP Instance UID with its Failure Reason."""
        for uid in kept:
            self._settle(uow, uid, DocumentState.COMMITTED, transaction_uid)
        for uid, reason in failed.items():
            self._settle(uow, uid, DocumentState.FAILED, transaction_uid, reason)

    def _settle(
        self, uow: UnitOfWork, uid: str, state: DocumentState, transaction_uid: str, reason: int = 0
    ) -> None:
        document = uow.documents.get(uid)
        if document is None:
            log.warning("commitment.unknown_object", sop_instance_uid=uid, state=state.value)
            return
        now = self.around.clock()
        document = replace(document, state=state, at=now)
        if state is DocumentState.FAILED:
            document = replace(document, losses=document.losses + 1, lost_why=f"0x{reason:04X}")
        uow.documents.mark(document)
        for sheet in uow.sheets.by_sop_instance_uid(uid):
            uow.sheets.mark_in_pacs(sheet.sheet_id, state.value, now)
        if state is DocumentState.FAILED:
            log.warning(
                "commitment.lost",
                sop_instance_uid=uid,
                destination=document.destination,
                why=document.lost_why,
                losses=document.losses,
            )
            uow.outbox.enqueue(
                replace(document_job(document, again=transaction_uid), due_at=now + pause(document.losses))
            )


def pause(losses: int) -> timedelta:
    """None after the first loss, then a minute, doubled each time, up to :data:`LONGEST_PAUSE`."""
    return min(timedelta(minutes=2 ** min(losses - 2, 20)), LONGEST_PAUSE) if losses > 1 else timedelta(0)
