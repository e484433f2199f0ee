"""What is asked of the outbox beside its jobs: to try a receiver again that is back."""

from __future__ import annotations

from datetime import timedelta

from plugin.domain.delivery import JobKind, JobState, NewJob
from plugin.store.jobs import SqlJobStore
from plugin.store.store import SqlStore
from tests.conftest import StoppedClock

LEASE, PAUSE = timedelta(minutes=1), timedelta(minutes=5)


def test_what_pauses_on_its_way_to_a_receiver_that_is_back_is_due_at_once(
    store: SqlStore, clock: StoppedClock
) -> None:
    jobs = SqlJobStore(store, clock)
    lanes = ["report:emr:A1", "report:emr:A2", "hl7:emr", "hl7:emr", "report:emr2:A1"]
    for number, lane in enumerate(lanes):
        job = NewJob(kind=JobKind.SEND_HL7, lane=lane, key=str(number))
        store.write(lambda uow, job=job: uow.outbox.enqueue(job))
    held = NewJob(kind=JobKind.SEND_HL7, lane="report:emr:A3", key="held", due_at=clock() + PAUSE)
    store.write(lambda uow: uow.outbox.enqueue(held))
    failed = jobs.claim([JobKind.SEND_HL7], 10, LEASE)
    assert [job.key for job in failed] == ["0", "1", "2", "4"], "the head of each lane"
    for job in failed:
        jobs.retry(job, "Connection refused", PAUSE)
    assert jobs.claim([JobKind.SEND_HL7], 10, LEASE) == []
    store.write(lambda uow: uow.outbox.try_again(JobKind.SEND_HL7, "emr"))
    due = jobs.claim([JobKind.SEND_HL7], 10, LEASE)
    assert [job.key for job in due] == ["0", "1", "2"], "not what is held, nor another receiver's"
    for job in due:
        jobs.complete(job)
    assert [job.key for job in jobs.claim([JobKind.SEND_HL7], 10, LEASE)] == ["3"], "its lane's order is kept"


def test_what_was_done_can_be_given_up_later_but_not_while_it_is_on_its_way(
    store: SqlStore, clock: StoppedClock
) -> None:
    jobs = SqlJobStore(store, clock)
    job = NewJob(kind=JobKind.SEND_HL7, lane="hl7:emr", key="one", payload={"message_id": 1})
    store.write(lambda uow: uow.outbox.give_up(job, "AE no such patient"))
    (dead,) = jobs.listing(JobState.PARKED)
    assert (dead.last_error, dead.payload) == ("AE no such patient", {"message_id": 1})
    assert jobs.claim([JobKind.SEND_HL7], 9, LEASE) == [], "only a person sends it again"
    assert jobs.requeue(dead.job_id)
    store.write(lambda uow: uow.outbox.give_up(job, "AE while it waits"))
    (again,) = jobs.claim([JobKind.SEND_HL7], 9, LEASE)
    store.write(lambda uow: uow.outbox.give_up(job, "AE while it goes"))
    assert jobs.complete(again)
    assert jobs.listing(JobState.PARKED) == []
    store.write(lambda uow: uow.outbox.give_up(job, "AE again"))
    assert [(each.job_id, each.last_error) for each in jobs.listing(JobState.PARKED)] == [
        (dead.job_id, "AE again")
    ]
