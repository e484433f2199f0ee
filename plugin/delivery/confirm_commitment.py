"""Has the PACS taken responsibility for the document?  If it does not say, ask again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from plugin.delivery.carriers import Carriers
from plugin.delivery.deliver_document import mark_stored
from plugin.delivery.ports import Effect, Reader, Unit
from plugin.domain.delivery import Job
from plugin.domain.document import DocumentState, SentDocument
from plugin.domain.errors import DeliveryFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmCommitment:
    """Handler of :attr:`JobKind.CONFIRM_COMMITMENT`.

    A node with ``commitment = "query"`` is asked whether it has the object; any other that
    has not reported is sent a new request under a new Transaction UID (PS3.4 J.3.2.2).
    """

    read: Reader
    carriers: Carriers
    clock: Callable[[], datetime]
    mint_uid: Callable[[], str]

    def __call__(self, job: Job) -> Effect | None:
        """Return the effect that marks the document as kept, ``None`` when there is nothing to ask.

        Raises
        ------
        DeliveryFailed
            It is not kept yet: later, or for a person when the PACS does not have it.
        """
        uid = str(job.payload["sop_instance_uid"])
        document: SentDocument | None = self.read(lambda uow: uow.documents.get(uid))
        if document is None:
            raise DeliveryFailed("the document of this job does not exist", retry=False)
        if document.state is not DocumentState.STORED:
            return None
        name = document.lies_at
        if not self._has(name, document, str(job.payload["series_instance_uid"])):
            raise DeliveryFailed(f"{name!r} does not have {uid}, which it had accepted", retry=False)
        if self.carriers.ask_commitment(name, self.mint_uid(), (document.sop_class_uid, uid)):
            raise DeliveryFailed(f"{name!r} has the object and has not committed to it", retry=True)
        committed = replace(document, state=DocumentState.COMMITTED, at=self.clock())

        def keep(uow: Unit) -> None:
            mark_stored(uow, committed)

        return keep

    def _has(self, name: str, document: SentDocument, series_uid: str) -> bool:
        found = self.carriers.of(name).find_instances(document.study_instance_uid, series_uid)
        return any(str(each.SOPInstanceUID) == document.sop_instance_uid for each in found)
