"""Has the PACS taken responsibility for the document?  If it does not say, ask again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from plugin.delivery.ports import Effect, Reader, Unit
from plugin.delivery.send_sr import scu_of
from plugin.domain.delivery import Job
from plugin.domain.errors import DeliveryFailed
from plugin.pacs.scu import Scu


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmCommitment:
    """Handler of :attr:`JobKind.CONFIRM_COMMITMENT`.

    A node with ``commitment = "query"`` is asked whether it has the object; any other that
    has not reported is sent a new request under a new Transaction UID (PS3.4 J.3.2.2).
    """

    read: Reader
    pacs: Mapping[str, Scu]
    clock: Callable[[], datetime]
    mint_uid: Callable[[], str]

    def __call__(self, job: Job) -> Effect | None:
        """Return the effect that marks the document as kept, ``None`` when it is marked already.

        Raises
        ------
        DeliveryFailed
            It is not kept yet: later, or for a person when the PACS does not have it.
        """
        scu = scu_of(self.pacs, job)
        sheet_ids = [str(each) for each in job.payload["sheet_ids"]]
        states = self.read(lambda uow: {uow.sheets.in_pacs(sheet_id) for sheet_id in sheet_ids})
        if states == {"committed"}:
            return None
        sop_uid = str(job.payload["sop_instance_uid"])
        if not self._has(scu, job, sop_uid):
            raise DeliveryFailed(f"{scu.node} does not have {sop_uid}, which it had accepted", retry=False)
        if scu.node.commitment == "report":
            scu.request_commitment(self.mint_uid(), [(str(job.payload["sop_class_uid"]), sop_uid)])
            raise DeliveryFailed(f"{scu.node} has the object and has not committed to it", retry=True)
        at = self.clock()

        def keep(uow: Unit) -> None:
            for sheet_id in sheet_ids:
                uow.sheets.mark_in_pacs(sheet_id, "committed", at)

        return keep

    def _has(self, scu: Scu, job: Job, sop_uid: str) -> bool:
        study_uid = str(job.payload["study_instance_uid"])
        return any(
            str(instance.SOPInstanceUID) == sop_uid
            for series in scu.find_series(study_uid)
            if series.get("Modality") == "SR"
            for instance in scu.find_instances(study_uid, str(series.SeriesInstanceUID))
        )
