"""Going out: the same message on every retry, one connection a destination, order kept."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hl7_peers import listening, opened
from patience import PATIENCE_S, until
from stores import temporary_store

from plugin.delivery.send_hl7 import SendHl7
from plugin.domain.archive import Direction, Envelope, MessageState
from plugin.domain.critical import Alert, AlertState, CriticalFinding, CriticalState, Tier
from plugin.domain.delivery import Job, JobKind, JobState, NewJob
from plugin.domain.errors import DeliveryFailed
from plugin.domain.issue import Section
from plugin.domain.notice import Notice, Occasion
from plugin.domain.patient import Patient
from plugin.domain.report import Report
from plugin.hl7.channel import Hl7Channel
from plugin.hl7.client import Destination, Late
from plugin.hl7.compose import compose, control_id_of
from plugin.hl7.envelope import Correspondent
from plugin.hl7.mllp import frame
from plugin.hl7.outbound import Outbound
from plugin.hl7.sent import keep, recalled
from plugin.hl7.session import Peer
from plugin.store.jobs import SqlJobStore
from plugin.store.store import SqlStore
from plugin.workflow.announce import hl7_job
from plugin.workflow.sent import note_late_answer

AT = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
FINDING = CriticalFinding(
    code="ICH", name="颅内出血", tier=Tier.RED, state=CriticalState.NEW, section=Section.IMPRESSION,
    start=0, end=5, text="左侧脑出血",
)  # fmt: skip
ALERT = Alert(alert_id="A1", accession_number="CT1", finding=FINDING, state=AlertState.SENT, detected_at=AT)
NOTICE = Notice(
    alert=ALERT, occasion=Occasion.RAISED, report=Report(patient=Patient(patient_id="P1", name="张三"))
)


class Ward:
    """A receiver that keeps what it takes and answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.codes: dict[str, str] = {}

    async def __call__(self, block: bytes, _peer: Peer) -> bytes:
        control_id = block.split(b"|")[9].decode()
        code = self.codes.get(control_id, "AA")
        if code == "AA":
            self.taken.append(block)
        return f"MSH|^~\\&|W||SIGNGATE||1||ACK|X|P|2.5\rMSA|{code}|{control_id}\r".encode()


@pytest.fixture
def ward() -> Ward:
    return Ward()


@pytest.fixture
def outbound(ward: Ward) -> Iterator[Outbound]:
    with listening(ward) as (_, port):
        found = Outbound({"ward": (Destination(host="127.0.0.1", port=port, answer_s=5), Correspondent())})
        yield found
        found.close()


def test_a_critical_value_reaches_the_ward_and_a_retry_is_the_same_message(
    ward: Ward, outbound: Outbound
) -> None:
    channel = Hl7Channel(outbound, "ward")
    assert channel.send(NOTICE) is False, "taken by a system is not seen by a person"
    channel.send(NOTICE)
    assert len(set(ward.taken)) == 1
    message = opened(ward.taken[0])
    first = message.first("OBX")
    assert first is not None and (first.value(5), first.value(8)) == ("左侧脑出血", "AA")


def test_a_message_that_wants_no_answer_is_done_when_it_is_sent() -> None:
    """Passed on byte for byte it brings its own MSH-15 and MSH-16, and its receiver stays silent."""
    taken: list[bytes] = []

    async def silent(block: bytes, _peer: Peer) -> None:
        taken.append(block)

    message = b"MSH|^~\\&|RIS|H1|EMR|H1|1||ORU^R01|M1|P|2.4|||NE|NE\r"
    with listening(silent) as (_, port):
        there = Destination(host="127.0.0.1", port=port, answer_s=PATIENCE_S)
        outbound = Outbound({"emr": (there, Correspondent())})
        assert outbound.deliver("emr", message) == b""
        until(lambda: taken == [message])
        outbound.close()


def test_an_application_that_refuses_after_its_commit_leaves_a_dead_letter(store: SqlStore) -> None:
    """The message is on its way to the archive when the refusal comes, and nothing else is sent on the line."""
    refused, told = threading.Event(), threading.Event()
    message = b"MSH|^~\\&|SIGNGATE||EMR|H1|1||ORU^R01|M1|P|2.5.1\rPID|1||P1\r"

    def receiver(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for code in (b"CA", b"AE"):
                head = b"MSH|^~\\&|EMR|H1|SIGNGATE||1||ACK|X|P|2.5\r"
                connection.sendall(
                    frame(head + b"MSA|" + code + b"|M1\rERR||PID^1^3|204^^HL70357|E||||no such patient\r")
                )
            refused.set()
            told.wait(PATIENCE_S)

    def note(name: str, late: Late) -> bool:
        answer = late.answer
        known = store.write(
            lambda uow: note_late_answer(uow, late.sender, answer.control_id, answer.raw, answer.reason, name)
        )
        if known:
            told.set()
        return known

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=receiver, args=(listener,), daemon=True).start()
        there = Destination(host="127.0.0.1", port=listener.getsockname()[1], answer_s=PATIENCE_S)
        outbound = Outbound({"emr": (there, Correspondent())}, note_late=note)
        answer = outbound.deliver("emr", message)
        assert b"MSA|CA|M1" in answer and refused.wait(PATIENCE_S)
        store.write(lambda uow: keep(uow, "emr", message, answer, AT, accession_number="CT1"))
        assert told.wait(PATIENCE_S)
        outbound.close()
    (sent,) = store.read(lambda uow: uow.messages.find("SIGNGATE|", "M1", Direction.SENT))
    assert (sent.state, sent.error) == (
        MessageState.REJECTED,
        "emr answered AE 204 no such patient after CA",
    )
    assert (sent.accession_number, b"MSA|AE|M1" in sent.ack) == ("CT1", True)
    jobs = SqlJobStore(store, lambda: AT)
    (dead,) = jobs.listing(JobState.PARKED)
    assert (dead.lane, dead.last_error) == ("hl7:emr", sent.error)
    assert jobs.requeue(dead.job_id)
    (again,) = jobs.claim([JobKind.SEND_HL7], 1, timedelta(minutes=1))
    assert store.read(lambda uow: compose(uow, again.payload, Correspondent())) == message
    # Taken, and refused once more: the same dead letter.
    jobs.complete(again, lambda uow: keep(uow, "emr", message, answer, AT))
    assert store.write(lambda uow: note_late_answer(uow, "SIGNGATE|", "M1", b"", "AE"))
    assert [job.job_id for job in jobs.listing(JobState.PARKED)] == [dead.job_id]


def test_an_application_s_answer_to_what_an_earlier_process_sent_is_heard(store: SqlStore) -> None:
    """It comes on the new connection, before the answer to the first message that goes by it."""
    told: list[tuple[str, bool]] = []
    heard = threading.Event()

    def answer_to(control_id: bytes, code: bytes) -> bytes:
        head = b"MSH|^~\\&|EMR|H1|SIGNGATE||1||ACK|X|P|2.5\r"
        return head + b"MSA|" + code + b"|" + control_id + b"\r"

    def message(control_id: bytes) -> bytes:
        return b"MSH|^~\\&|SIGNGATE||EMR|H1|1||ORU^R01|" + control_id + b"|P|2.5.1\rPID|1||P1\r"

    def kept(name: str, control_id: bytes, code: bytes) -> None:
        store.write(lambda uow: keep(uow, name, message(control_id), answer_to(control_id, code), AT))

    for control_id, code in ((b"M1", b"CA"), (b"M2", b"AA"), (b"M3", b"CA")):
        kept("emr", control_id, code)
    kept("other", b"M9", b"CA")
    assert store.read(lambda uow: recalled(uow, "emr", AT)) == {
        "M1": "SIGNGATE|",
        "M2": "",
        "M3": "SIGNGATE|",
    }

    def receiver(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            for control_id, code in ((b"M1", b"AE"), (b"M2", b"AA"), (b"M4", b"AA"), (b"M3", b"AA")):
                connection.sendall(frame(answer_to(control_id, code)))
            heard.wait(PATIENCE_S)

    def note(name: str, late: Late) -> bool:
        told.append((late.answer.control_id, late.answer.accepted))
        if len(told) == 2:
            heard.set()
        return True

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=receiver, args=(listener,), daemon=True).start()
        there = Destination(host="127.0.0.1", port=listener.getsockname()[1], answer_s=PATIENCE_S)
        outbound = Outbound(
            {"emr": (there, Correspondent())},
            note_late=note,
            recall=lambda name: store.read(lambda uow: recalled(uow, name, AT)),
        )
        assert b"MSA|AA|M4" in outbound.deliver("emr", message(b"M4"))
        assert heard.wait(PATIENCE_S)
        outbound.close()
    assert told == [("M1", False), ("M3", True)]


def test_an_escalation_is_another_message_and_a_revocation_takes_it_back(
    ward: Ward, outbound: Outbound
) -> None:
    channel = Hl7Channel(outbound, "ward")
    for notice in (
        NOTICE,
        replace(NOTICE, occasion=Occasion.ESCALATED, alert=replace(ALERT, escalation_level=1)),
        replace(NOTICE, occasion=Occasion.ESCALATED, alert=replace(ALERT, escalation_level=2)),
        replace(NOTICE, occasion=Occasion.REVOKED),
    ):
        channel.send(notice)
    heads = [opened(block).first("MSH") for block in ward.taken]
    assert len({head.value(10) for head in heads if head}) == 4
    statuses = [obr.value(25) for block in ward.taken if (obr := opened(block).first("OBR"))]
    assert statuses == ["F", "F", "F", "X"]


@pytest.mark.parametrize(("code", "retry"), [("AE", True), ("AR", False)])
def test_a_refusal_says_whether_to_try_again(code: str, retry: bool, ward: Ward, outbound: Outbound) -> None:
    ward.codes[control_id_of("A1", "raised", "0")] = code
    with pytest.raises(DeliveryFailed) as caught:
        Hl7Channel(outbound, "ward").send(NOTICE)
    assert caught.value.retry is retry
    Hl7Channel(outbound, "ward").send(replace(NOTICE, alert=replace(ALERT, alert_id="A2")))
    assert len(ward.taken) == 1, "the one behind it is not held up"


def test_an_unknown_destination_is_a_dead_end_that_names_the_known() -> None:
    with pytest.raises(DeliveryFailed, match="no HL7 destination 'x'") as caught:
        Outbound({}).deliver("x", b"")
    assert caught.value.retry is False


def test_many_threads_share_a_destination_without_mixing_answers(ward: Ward, outbound: Outbound) -> None:
    channel, failures = Hl7Channel(outbound, "ward"), []

    def send(number: int) -> None:
        try:
            channel.send(replace(NOTICE, alert=replace(ALERT, alert_id=f"T{number}")))
        except DeliveryFailed as error:
            failures.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and len(set(ward.taken)) == 20


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    with temporary_store(tmp_path) as found:
        yield found


def job_of(new: NewJob) -> Job:
    return Job(
        job_id=1, kind=new.kind, lane=new.lane, key=new.key, payload=new.payload, state=JobState.RUNNING,
        attempts=1, max_attempts=12, due_at=AT, fence=1, created_at=AT,
    )  # fmt: skip


def test_a_held_report_is_passed_on_byte_for_byte(ward: Ward, outbound: Outbound, store: SqlStore) -> None:
    raw = "MSH|^~\\&|RIS|放射科|S|Q|1||ORU^R01|77|P|2.4||||||GB 18030-2000\rPID|1||P1||𠮷龘\r".encode(
        "gb18030"
    )
    envelope = Envelope(raw=raw, peer="x", received_at=AT, sender="RIS|放射科", control_id="77")
    number = store.write(lambda uow: uow.messages.add(envelope, MessageState.ACCEPTED, b""))
    handler = SendHl7(
        read=store.read,
        compose=lambda uow, payload, name: compose(uow, payload, outbound.correspondent(name)),
        deliver=outbound.deliver,
        keep=lambda uow, name, message, ack, accession: keep(
            uow, name, message, ack, AT, accession_number=accession
        ),
    )
    new = hl7_job("ward", "message", str(number), "CT1", {"message_id": number})
    assert (new.lane, new.key) == ("hl7:ward", f"hl7:ward:message:{number}")
    effect = handler(job_of(new))
    assert effect is not None and ward.taken == [raw]
    store.write(effect)
    (sent,) = store.read(lambda uow: uow.messages.find("RIS|放射科", "77", Direction.SENT))
    assert (sent.accession_number, sent.patient_id, b"MSA|AA|77" in sent.ack) == ("CT1", "P1", True)
    (received,) = store.read(lambda uow: uow.messages.find("RIS|放射科", "77"))
    assert received.message_id == number, "what was sent is not taken for what came"
    for nothing in (
        hl7_job("ward", "score", "none", "CT1", {"sheet_id": "none"}),
        hl7_job("ward", "label", "none", "CT1", {"label_id": "none"}),
        hl7_job("ward", "alert", "none", "CT1", {"alert_id": "none", "occasion": "raised", "level": 0}),
        hl7_job("ward", "poem", "1", "CT1", {"id": "1"}),
    ):
        with pytest.raises(DeliveryFailed) as caught:
            handler(job_of(nothing))
        assert caught.value.retry is False
