"""The PACS reports which objects it keeps, and which it has lost (PS3.4 J.3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import structlog

from plugin.domain.document import DocumentState
from plugin.workflow.issue_documents import document_job
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCommitment:
    """Marks documents as kept; a lost one is sent again to its destination, once a transaction."""

    around: Surroundings

    def __call__(
        self, uow: UnitOfWork, transaction_uid: str, kept: Sequence[str], failed: Sequence[str]
    ) -> None:
        for uid in kept:
            self._settle(uow, uid, DocumentState.COMMITTED, transaction_uid)
        for uid in failed:
            self._settle(uow, uid, DocumentState.FAILED, transaction_uid)

    def _settle(self, uow: UnitOfWork, uid: str, state: DocumentState, transaction_uid: str) -> None:
        document = uow.documents.get(uid)
        if document is None:
            log.warning("commitment.unknown_object", sop_instance_uid=uid, state=state.value)
            return
        now = self.around.clock()
        uow.documents.mark(replace(document, state=state, at=now))
        for sheet in uow.sheets.by_sop_instance_uid(uid):
            uow.sheets.mark_in_pacs(sheet.sheet_id, state.value, now)
        if state is DocumentState.FAILED:
            log.warning("commitment.lost", sop_instance_uid=uid, destination=document.destination)
            uow.outbox.enqueue(document_job(document, again=transaction_uid))
