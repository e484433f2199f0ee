"""The PACS reports which objects it keeps, and which it has lost (PS3.4 J.3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plugin.domain.delivery import JobKind, NewJob
from plugin.workflow.ports import Surroundings, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCommitment:
    """Marks the score sheets of kept documents; a lost one is sent again, once a transaction."""

    destinations: Sequence[str]
    around: Surroundings

    def __call__(
        self, uow: UnitOfWork, transaction_uid: str, kept: Sequence[str], failed: Sequence[str]
    ) -> None:
        now = self.around.clock()
        for uid in kept:
            for sheet in uow.sheets.by_sop_instance_uid(uid):
                uow.sheets.mark_in_pacs(sheet.sheet_id, "committed", now)
        for uid in failed:
            sheets = uow.sheets.by_sop_instance_uid(uid)
            for sheet in sheets:
                uow.sheets.mark_in_pacs(sheet.sheet_id, "failed", now)
            if sheets:
                uow.outbox.enqueue(
                    sr_job(
                        sheets[0].accession_number,
                        [sheet.sheet_id for sheet in sheets],
                        self.destinations[0],
                        uid,
                        again=transaction_uid,
                    )
                )


def sr_job(
    accession_number: str,
    sheet_ids: Sequence[str],
    destination: str,
    sop_instance_uid: str,
    *,
    again: str = "",
) -> NewJob:
    """The job that sends one document to one PACS; `again` tells a resend from the first."""
    return NewJob(
        kind=JobKind.SEND_SR,
        lane=f"sr:{destination}:{accession_number}",
        key=f"sr:{destination}:{sop_instance_uid}:{again}",
        payload={
            "accession_number": accession_number,
            "sheet_ids": list(sheet_ids),
            "destination": destination,
            "sop_instance_uid": sop_instance_uid,
        },
    )
