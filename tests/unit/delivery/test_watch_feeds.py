"""Silent senders, refusals and queues that grow are told, by sender and receiver."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from plugin.delivery.watch_feeds import FeedSettings, WatchFeeds
from plugin.domain.archive import Direction, Envelope, MessageState
from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.fault import Fault
from plugin.store.feeds import SqlFeeds
from plugin.store.jobs import SqlJobStore
from plugin.store.store import SqlStore
from tests.conftest import StoppedClock
from tests.stores import temporary_store


class House:
    def __init__(self, store: SqlStore, clock: StoppedClock, settings: FeedSettings) -> None:
        self.store, self.clock, self.numbers = store, clock, iter(range(10000))
        self.watch = WatchFeeds(
            reading=SqlFeeds(store, clock), settings=settings, clock=clock, started_at=clock()
        )

    def message(
        self,
        sender: str,
        state: MessageState = MessageState.ACCEPTED,
        direction: Direction = Direction.RECEIVED,
    ) -> None:
        envelope = Envelope(
            raw=b"MSH|", peer="", received_at=self.clock(), sender=sender,
            control_id=str(next(self.numbers)), direction=direction,
        )  # fmt: skip
        self.store.write(lambda uow: uow.messages.add(envelope, state, b""))

    def job(self, lane: str) -> None:
        job = NewJob(kind=JobKind.SEND_HL7, lane=lane, key=str(next(self.numbers)))
        self.store.write(lambda uow: uow.outbox.enqueue(job))

    def alarms(self) -> list[tuple[str, str]]:
        self.clock.advance(seconds=16)
        return [(alarm.kind, alarm.peer) for alarm in self.watch.alarms()]


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[House]:
    settings = FeedSettings(silent_minutes={"RIS": 30, "HIS": 60}, queue_depth=3, queue_minutes=15)
    with temporary_store(tmp_path, clock) as store:
        yield House(store, clock, settings)


def test_a_sender_that_falls_silent_and_one_that_was_never_heard(house: House) -> None:
    house.message("RIS|H001")
    house.clock.advance(minutes=29)
    assert house.alarms() == []
    house.clock.advance(minutes=2)
    assert house.alarms() == [("silent", "RIS")]
    house.message("RIS|H001", direction=Direction.SENT)
    assert house.alarms() == [("silent", "RIS")], "what we send is not heard from it"
    house.message("RIS|H001")
    house.clock.advance(minutes=29)
    assert house.alarms() == [("silent", "HIS")]


def test_how_long_a_sender_is_silent_is_counted_from_its_last_message(house: House) -> None:
    house.message("RIS|H001")
    house.message("HIS|H001")
    house.clock.advance(minutes=20)
    house.watch.started_at = house.clock()  # as if we had been stopped meanwhile
    house.clock.advance(minutes=31)
    assert house.alarms() == [("silent", "RIS")]
    assert house.watch.faults() == (Fault("silent", {"peer": "RIS", "minutes": 51}),)
    house.clock.advance(hours=9)
    house.message("HIS|H001")
    assert house.alarms() == [("silent", "RIS")]
    # So far back is looked for it: a longer silence is not told more exactly.
    assert house.watch.faults() == (Fault("long_silent", {"peer": "RIS", "minutes": 120}),)


def test_refusals_count_by_share_and_from_the_third_on(house: House) -> None:
    for _ in range(2):
        house.message("HIS|H001", MessageState.REJECTED)
    assert house.alarms() == []
    house.message("HIS|H001", MessageState.QUARANTINED)
    assert house.alarms() == [("refused", "HIS|H001")]
    for _ in range(27):
        house.message("HIS|H001")
    assert house.alarms() == []


def test_many_senders_do_not_fill_the_page(house: House) -> None:
    for number in range(30):
        for _ in range(3 + number):
            house.message(f"S{number}|", MessageState.REJECTED)
    for _ in range(99):
        house.message("", MessageState.REJECTED)
    assert len(house.alarms()) == 31
    first, second, more = house.watch.faults()
    peers = [fault.values["peer"] for fault in (first, second)]
    assert peers == [Fault("no_header"), "S29"], "the most refused first"
    assert more == Fault("more_refused", {"count": 29})


def test_a_queue_that_is_deep_or_old_names_its_receiver(house: House) -> None:
    for _ in range(2):
        house.job("hl7:emr")
    for number in range(2):
        house.job(f"report:emr:A{number}")
    assert house.alarms() == [("queue", "send_hl7 emr")]
    assert 'signgate_queue_depth{peer="send_hl7 emr"} 4' in house.watch.metrics()
    assert 'signgate_feed_alarm{kind="queue",peer="send_hl7 emr"} 1' in house.watch.metrics()


def test_questions_to_an_analyser_that_rests_alarm_nobody(house: House) -> None:
    for number in range(20):
        job = NewJob(kind=JobKind.ASK_ANALYSER, lane="analyser:lungnet:0", key=f"q{number}")
        house.store.write(lambda uow, job=job: uow.outbox.enqueue(job))
    house.clock.advance(minutes=20)
    assert house.alarms() == []


def test_one_old_job_is_enough(house: House) -> None:
    house.job("hl7:ward")
    assert house.alarms() == []
    house.clock.advance(minutes=16)
    house.message("RIS|H")
    assert house.alarms() == [("queue", "send_hl7 ward")]
    assert house.watch.faults()[0] == Fault("queue", {"peer": "send_hl7 ward", "count": 1})


def test_a_receiver_that_is_down_is_told_while_its_jobs_pause(house: House) -> None:
    jobs = SqlJobStore(house.store, house.clock)

    def all_fail() -> None:
        for job in jobs.claim([JobKind.SEND_HL7], 10, timedelta(minutes=1)):
            jobs.retry(job, "Connection refused", timedelta(minutes=5))

    house.job("report:emr:A1")
    all_fail()
    house.clock.advance(minutes=16)
    all_fail()
    assert house.alarms() == [("queue", "send_hl7 emr")], "the only job has waited 16 minutes, and pauses"
    for number in range(2, 5):
        house.job(f"report:his:A{number}")
    house.job("report:his:A5")
    all_fail()
    assert ("queue", "send_hl7 his") in house.alarms(), "four examinations, each at the head of its own lane"
    assert 'signgate_queue_depth{peer="send_hl7 his"} 4' in house.watch.metrics()


def test_a_report_that_is_held_waits_for_nobody(house: House) -> None:
    due = house.clock() + timedelta(hours=2)
    for number in range(5):
        job = NewJob(kind=JobKind.SEND_HL7, lane=f"report:emr:{number}", key=f"h{number}", due_at=due)
        house.store.write(lambda uow, job=job: uow.outbox.enqueue(job))
    assert house.alarms() == []


def test_dead_letters_of_a_receiver_are_an_alarm_until_they_are_sent_again(house: House) -> None:
    jobs = SqlJobStore(house.store, house.clock)
    house.job("hl7:emr")
    house.job("notice:A1")
    for job in jobs.claim([JobKind.SEND_HL7], 2, timedelta(minutes=1)):
        jobs.park(job, "AR")
    assert house.alarms() == [("parked", "send_hl7 emr")], "a notice is watched elsewhere"
    assert 'signgate_dead_letters{peer="send_hl7 emr"} 1' in house.watch.metrics()
    (dead,) = [job for job in jobs.listing(None) if job.lane == "hl7:emr"]
    jobs.requeue(dead.job_id)
    assert house.alarms() == []
