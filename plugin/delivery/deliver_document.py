"""A document that is built: stored, its commitment asked for, and what of it is written down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from plugin.delivery.carriers import Carriers, Dataset
from plugin.delivery.ports import Effect, Unit
from plugin.delivery.study_facts import PATIENT_DIFFERS, StudyFacts
from plugin.domain.delivery import Job, JobKind, NewJob
from plugin.domain.document import DocumentState, SentDocument

CONFIRM_AFTER = timedelta(minutes=2)
"""A PACS that has not reported the commitment by then is asked again."""

FALLBACK_TOOK = "fallback"
ACTOR = "signgate"

BRING = "bring"
"""Key of a job's payload: it brings to the destination what its fallback has."""

BRING_AFTER = timedelta(minutes=10)
"""A destination that was away is asked again so much later, then with growing pauses."""

BRING_ATTEMPTS = 300
"""More than a day of them; then a person sees the job parked."""


def deliver(
    carriers: Carriers,
    document: SentDocument,
    facts: StudyFacts,
    built: Dataset,
    job: Job,
    clock: Callable[[], datetime],
    mint_uid: Callable[[], str],
) -> Effect:
    """Store a built document, ask for its commitment, and return what to keep.

    What a fallback took is brought to its destination by a job of its own, which waits until
    that one is back and never turns to the fallback again (ADR 47).

    Raises
    ------
    DeliveryFailed
        Neither the destination nor its fallback took it, or it refuses to commit.
    """
    brought = bool(job.payload.get(BRING))
    lies_at = carriers.store(document.destination, built, 0 if brought else job.attempts)
    sop_class_uid = str(built.SOPClassUID)
    carriers.ask_commitment(lies_at, mint_uid(), (sop_class_uid, document.sop_instance_uid))
    proven = carriers.of(lies_at).node.commitment == "none"
    at = clock()
    notes = [*facts.notes, *([FALLBACK_TOOK] if lies_at != document.destination else [])]
    stored = replace(
        document,
        state=DocumentState.COMMITTED if proven else DocumentState.STORED,
        at=at,
        lies_at=lies_at,
        study_instance_uid=str(built.StudyInstanceUID),
        sop_class_uid=sop_class_uid,
        note=" ".join(notes),
    )
    series_uid = str(built.SeriesInstanceUID)

    def keep(uow: Unit) -> None:
        mark_stored(uow, stored)
        told = {
            "destination": lies_at,
            "study": stored.study_instance_uid,
            "sop_class": sop_class_uid,
            "patient_id": facts.patient.patient_id,
        }
        uow.audit.append(at, ACTOR, "document.stored", document.sop_instance_uid, told)
        if PATIENT_DIFFERS in facts.notes and PATIENT_DIFFERS not in document.note:
            ids = {"reported": facts.reported_patient_id, "archived": facts.patient.patient_id}
            uow.audit.append(at, ACTOR, "document.patient_differs", document.sop_instance_uid, ids)
        if not proven:
            uow.outbox.enqueue(_confirmation(job, stored, series_uid, at))
        if lies_at != document.destination:
            uow.outbox.enqueue(_bringing(job, stored, at))

    return keep


def mark_stored(uow: Unit, stored: SentDocument) -> None:
    """Write down where a document lies; the PACS may have reported before we came to it."""
    now = uow.documents.get(stored.sop_instance_uid)
    here = now is not None and now.lies_at in ("", stored.lies_at)
    if now is not None and here and now.state is DocumentState.COMMITTED:
        stored = replace(stored, state=now.state, at=now.at)
    uow.documents.mark(stored)
    assert stored.at is not None, "a stored document has its time"  # noqa: S101
    for sheet in uow.sheets.by_sop_instance_uid(stored.sop_instance_uid):
        uow.sheets.mark_in_pacs(sheet.sheet_id, stored.state.value, stored.at)


def _confirmation(job: Job, document: SentDocument, series_uid: str, at: datetime) -> NewJob:
    uid = document.sop_instance_uid
    return NewJob(
        kind=JobKind.CONFIRM_COMMITMENT,
        lane=f"timer:commitment:{uid}",
        key=f"confirm:{uid}:{job.job_id}",
        payload={
            "accession_number": document.accession_number,
            "destination": document.lies_at,
            "sop_instance_uid": uid,
            "series_instance_uid": series_uid,
        },
        due_at=at + CONFIRM_AFTER,
    )


def _bringing(job: Job, document: SentDocument, at: datetime) -> NewJob:
    """Not in the lane of the examination's documents: an amendment must not wait for this."""
    uid = document.sop_instance_uid
    return NewJob(
        kind=job.kind,
        lane=f"bring:{document.destination}:{uid}",
        key=f"bring:{uid}:{job.job_id}",
        payload={**job.payload, BRING: True},
        due_at=at + BRING_AFTER,
        max_attempts=BRING_ATTEMPTS,
    )
