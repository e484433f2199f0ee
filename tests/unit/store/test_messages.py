"""The archive of messages and the documents that came in them, on both databases."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest
from conftest import StoppedClock
from stores import plan

from plugin.domain.archive import Direction, Envelope, MessageFilter, MessageState
from plugin.domain.attachment import Attachment, AttachmentFault
from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.listing import Page
from plugin.store import messages as statements
from plugin.store.jobs import SqlJobStore
from plugin.store.reading import SqlReading
from plugin.store.store import SqlStore
from plugin.workflow.ports.unit_of_work import UnitOfWork

ENVELOPE = Envelope(
    raw="MSH|^~\\&|RIS|放射科||||ORU^R01\rOBX|1|TX|||双肺结节\r".encode("gb18030"),
    peer="10.0.0.9:1",
    received_at=StoppedClock()(),
    sender="RIS|放射科",
    control_id="1",
    message_type="ORU^R01",
    charset="gb18030",
)
SENT = replace(ENVELOPE, sender="SIGNGATE|QC", control_id="2", direction=Direction.SENT, raw=b"MSH|50%_x")
LATER = replace(
    ENVELOPE,
    sender="RIS2|放射科",
    control_id="3",
    message_type="ORM^O01",
    received_at=ENVELOPE.received_at + timedelta(hours=1),
    raw="PID|1||P1||张𠮷".encode(),
)


@pytest.fixture
def reading(store: SqlStore, clock: StoppedClock) -> SqlReading:
    for envelope, state in (
        (ENVELOPE, MessageState.ACCEPTED),
        (SENT, MessageState.ACCEPTED),
        (LATER, MessageState.QUARANTINED),
    ):
        store.write(
            lambda uow, e=envelope, s=state: uow.messages.add(  # type: ignore[misc]  # bound at once
                e, s, b"", accession_number="A1", patient_id="P1"
            )
        )
    return SqlReading(store, SqlJobStore(store, clock))


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (MessageFilter(), "321"),
        (MessageFilter(number="A1"), "321"),
        (MessageFilter(number="3"), "3"),
        (MessageFilter(words="结节"), "1"),
        (MessageFilter(words="𠮷"), "3"),
        (MessageFilter(words="50%_"), "2"),
        (MessageFilter(words="' OR 1=1--"), ""),
        (MessageFilter(kind="ORU"), "21"),
        (MessageFilter(kind="ORM^O01"), "3"),
        (MessageFilter(kind="%"), ""),
        (MessageFilter(sender="RIS"), "1"),
        (MessageFilter(sender="RIS2|放射科"), "3"),
        (MessageFilter(sender="R_S"), ""),
        (MessageFilter(state=MessageState.QUARANTINED), "3"),
        (MessageFilter(direction=Direction.SENT), "2"),
        (MessageFilter(since=LATER.received_at), "3"),
        (MessageFilter(until=LATER.received_at, direction=Direction.RECEIVED), "1"),
    ],
)
def test_messages_are_found_by_each_thing_people_know(
    asked: MessageFilter, found: str, reading: SqlReading
) -> None:
    rows = reading.messages(Page(), asked).rows
    assert sorted(row.control_id for row in rows) == sorted(found)


def test_pruning_keeps_what_is_under_inspection_and_what_is_still_to_be_passed_on(
    reading: SqlReading, store: SqlStore
) -> None:
    (waiting,) = reading.messages(Page(), MessageFilter(number="1")).rows
    job = NewJob(
        kind=JobKind.SEND_HL7, lane="report:emr:A1", key="k", payload={"message_id": waiting.message_id}
    )
    store.write(lambda uow: uow.outbox.enqueue(job))
    forever = LATER.received_at + timedelta(days=1)
    assert store.write(lambda uow: uow.messages.forget_before(forever, 1)) == 1
    assert store.write(lambda uow: uow.messages.forget_before(forever, 10)) == 0
    assert {row.control_id for row in reading.messages(Page()).rows} == {"1", "3"}


def test_attachments_come_back_byte_for_byte_and_not_twice(store: SqlStore, clock: StoppedClock) -> None:
    pdf = Attachment(code="ZMF\x00", media_type="application/pdf", content=b"%PDF-\x00\xff", size=7)
    lost = Attachment(code="ZRF", media_type="", size=9, fault=AttachmentFault.TOO_LARGE)
    pointer = Attachment(code="RRP", media_type="", reference=r"\\pacs\r\1.pdf")
    for message_id in (7, 8):
        store.write(
            lambda uow, n=message_id: uow.attachments.add(  # type: ignore[misc]  # bound at once
                "A1", n, [pdf, lost, pointer], clock()
            )
        )
    newest, middle, oldest = store.read(lambda uow: uow.attachments.for_exam("A1"))
    assert [each.has_content for each in (newest, middle, oldest)] == [False, False, True]
    assert (newest.attachment.reference, middle.attachment.fault) == (
        r"\\pacs\r\1.pdf",
        AttachmentFault.TOO_LARGE,
    )
    assert (oldest.attachment.content, oldest.attachment.size) == (b"", 7), (
        "a listing leaves the content alone"
    )
    kept = store.read(lambda uow: uow.attachments.get(oldest.attachment_id))
    assert kept is not None and kept.attachment.content == pdf.content and kept.message_id == 7
    assert len(store.read(lambda uow: uow.attachments.of_message(7))) == 3
    assert store.read(lambda uow: uow.attachments.of_message(8)) == []
    assert store.read(lambda uow: uow.attachments.get(99)) is None


def test_a_message_is_kept_and_known_again_however_long_what_it_is_found_by(store: SqlStore) -> None:
    """PostgreSQL's indexes hold 2,704 bytes; what cannot be packed shows it."""
    long = "".join(hashlib.sha256(bytes([number])).hexdigest() for number in range(100)) + "𠮷" * 1000
    envelope = replace(ENVELOPE, sender=long, control_id=long)
    number = store.write(
        lambda uow: uow.messages.add(
            envelope, MessageState.REJECTED, b"", accession_number=long, patient_id=long
        )
    )
    (found,) = store.read(lambda uow: uow.messages.find(long, long))
    assert (found.message_id, found.digest) == (number, envelope.digest)


def test_of_many_messages_under_one_control_id_only_those_with_the_bytes_are_looked_at(
    store: SqlStore,
) -> None:
    def work(uow: UnitOfWork) -> None:
        for number in range(3000):
            one = replace(ENVELOPE, raw=b"%d" % number)
            uow.messages.add(one, MessageState.REJECTED, b"AE", error="refused")

    store.write(work)
    sought = replace(ENVELOPE, raw=b"2999")
    assert [kept.message_id for kept in store.read(lambda uow: uow.messages.same(sought))] == [3000]
    asked = {"of_sender": "RIS|放射科", "of_control_id": "1"}
    same = plan(store, statements._SAME, {**asked, "of_digest": sought.digest, "of_direction": "received"})
    bearing = plan(store, statements._BEARING, {**asked, "of_time": "", "since": 0})
    for steps in (same, bearing):
        assert "ix_messages_identity" in steps
    assert ("digest=?" if store.database.is_sqlite else "digest") in same
    assert ("control_id=? AND state=?" if store.database.is_sqlite else "state") in bearing


def test_what_a_destination_has_taken_of_late(store: SqlStore, clock: StoppedClock) -> None:
    def sent(control_id: str, to: str, state: MessageState = MessageState.ACCEPTED) -> None:
        message = Envelope(
            raw=control_id.encode(),
            peer=to,
            received_at=clock(),
            sender="SIGNGATE|",
            control_id=control_id,
            profile=to,
            direction=Direction.SENT,
        )
        store.write(lambda u: u.messages.add(message, state, b"ACK of " + control_id.encode()))

    sent("OLD", "emr")
    clock.advance(days=8)
    for control_id in ("M1", "M2"):
        sent(control_id, "emr")
    sent("M3", "other")
    sent("M4", "emr", MessageState.REJECTED)
    since = clock() - timedelta(days=7)
    assert store.read(lambda u: u.messages.taken("emr", since, 10)) == [
        ("SIGNGATE|", "M2", b"ACK of M2"),
        ("SIGNGATE|", "M1", b"ACK of M1"),
    ]
    assert len(store.read(lambda u: u.messages.taken("emr", since, 1))) == 1
