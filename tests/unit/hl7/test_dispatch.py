"""Block → acknowledgement on the real store: archived, done once, refused with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from fakes import CountingMinter
from hl7_peers import client, listening
from sqlalchemy import select
from stores import temporary_store

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageState
from plugin.domain.delivery import JobState
from plugin.domain.errors import InvalidInput, StoreUnavailable
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report
from plugin.hl7.answer import Answer, read_answer
from plugin.hl7.dispatch import Dispatcher
from plugin.hl7.meaning import Journeys
from plugin.hl7.mllp import Fault, Violation
from plugin.hl7.profile import Profiles, load_profiles
from plugin.hl7.session import Peer
from plugin.store.jobs import SqlJobStore
from plugin.store.link import Prepared
from plugin.store.store import SqlStore
from plugin.store.tables.audit import audit
from plugin.store.tables.exams import exams
from plugin.store.unit_of_work import SqlUnitOfWork
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_order import receive_order
from plugin.workflow.receive_patient import undo_merge
from plugin.workflow.sent import keep_sent

PEER = Peer("192.0.2.7", 40000, "hl7")
Wire = Callable[[str], bytes]


class Desk:
    """A dispatcher on a real store, and what one may ask about it."""

    def __init__(self, store: Any, profiles: Profiles, clock: StoppedClock, **how: Any) -> None:
        self.store, self.clock = store, clock
        self.reports: list[Report] = []
        self.handler = Dispatcher(
            store=store,
            profiles=profiles,
            journeys=Journeys(order=receive_order, report=self.keep),
            around=Surroundings(clock=clock, mint=CountingMinter()),
            **how,
        )

    def keep(self, uow: UnitOfWork, report: Report, *, source: str, **_numbers: str) -> None:
        if "破坏" in report.findings:
            raise ZeroDivisionError("a rule that fails")
        uow.reports.save(report, (), source=source, at=self.clock(), rulebook="1")
        self.reports.append(report)

    def send(self, block: bytes) -> bytes | None:
        return asyncio.run(self.handler(block, PEER))

    def ask(self, block: bytes) -> Answer:
        answer = self.send(block)
        assert answer is not None
        return read_answer(answer)

    def archived(self, sender: str, control_id: str) -> list[ArchivedMessage]:
        return list(self.store.read(lambda uow: uow.messages.find(sender, control_id)))

    def kept(self, message_id: int) -> Envelope:
        found = self.store.read(lambda uow: uow.messages.get(message_id))
        assert found is not None
        return found[1]


@pytest.fixture
def store(tmp_path: Path, clock: StoppedClock) -> Iterator[SqlStore]:
    with temporary_store(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def desk(store: SqlStore, profiles: Profiles, clock: StoppedClock) -> Desk:
    return Desk(store, profiles, clock)


SENDER = "RIS|放射科"


def test_an_order_is_kept_and_archived_with_its_bytes(desk: Desk, wire: Wire) -> None:
    raw = wire("orm_o01__new_gb18030")
    answer = desk.ask(raw)
    assert (answer.code, answer.control_id) == ("AA", "ORM2")
    known = desk.store.read(lambda uow: uow.exams.order("CT1001"))
    assert known is not None and known[0].exam_item == "头颅CT平扫"
    (row,) = desk.archived(SENDER, "ORM2")
    assert (row.state, row.message_type, row.accession_number, row.patient_id) == (
        MessageState.ACCEPTED, "ORM^O01", "CT1001", "P1001",
    )  # fmt: skip
    envelope = desk.kept(row.message_id)
    assert envelope.raw == raw
    assert (envelope.charset, envelope.charset_guessed, envelope.profile) == ("gb18030", False, "default")
    assert (envelope.peer, envelope.message_time) == ("192.0.2.7:40000", "20260601093000")


def test_a_report_reaches_its_journey(desk: Desk, wire: Wire) -> None:
    assert desk.ask(wire("oru_r01__final")).accepted
    assert [report.impression for report in desk.reports] == ["左侧基底节区脑出血。"]


def test_a_cancellation_finds_its_order_by_the_placer_s_number(desk: Desk, wire: Wire) -> None:
    for name in ("orm_o01__new", "orm_o01__change", "orm_o01__cancel"):
        assert desk.ask(wire(name)).accepted
    known = desk.store.read(lambda uow: uow.exams.order("CT1001"))
    assert known is not None
    assert (known[0].status, known[0].exam_item) == ("cancelled", "头颅CT平扫+增强")


def patient_of(desk: Desk, accession_number: str) -> list[str]:
    """Accession numbers of what else is known of the patient of an examination that was never performed."""
    asked = Report(
        patient=Patient(patient_id=accession_number, assigning_authority="HIS"),
        exam=Exam(accession_number="?"),
    )
    return [prior.accession_number for prior in desk.store.read(lambda uow: uow.exams.priors(asked))]


def test_a_merge_moves_the_history_and_can_be_undone(
    desk: Desk, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_prior = wire("oru_r01__final").replace(b"P1001^^^HIS", b"P0999^^^HIS").replace(b"CT1001", b"CT0999")
    assert desk.ask(of_prior.replace(b"|ORU1|", b"|ORU-A|")).accepted
    assert desk.ask(wire("oru_r01__final")).accepted
    assert (patient_of(desk, "P0999"), patient_of(desk, "P1001")) == (["CT0999"], ["CT1001"])
    assert desk.ask(wire("adt_a40__merge")).accepted
    assert patient_of(desk, "P0999") == []
    assert sorted(patient_of(desk, "P1001")) == ["CT0999", "CT1001"]
    around = Surroundings(clock=desk.clock, mint=CountingMinter())
    held: set[str] = set()
    monkeypatch.setattr(SqlUnitOfWork, "hold", lambda _uow, *names: held.update(names))
    assert desk.store.write(lambda uow: undo_merge(uow, 1, around, "admin", "wrong person")) == 1
    assert held == {"patient P0999", "patient P1001"}, "another node may be filing under either"
    assert (patient_of(desk, "P0999"), patient_of(desk, "P1001")) == (["CT0999"], ["CT1001"])
    with pytest.raises(InvalidInput, match="no merge 1 that stands"):
        desk.store.write(lambda uow: undo_merge(uow, 1, around, "admin", "again"))


def test_a_merge_without_authority_is_of_the_survivor_s_and_one_with_itself_is_nothing(
    desk: Desk, wire: Wire
) -> None:
    of_prior = wire("oru_r01__final").replace(b"P1001^^^HIS", b"P0999^^^HIS").replace(b"CT1001", b"CT0999")
    assert desk.ask(of_prior).accepted
    merge = wire("adt_a40__merge")
    assert desk.ask(merge.replace(b"MRG|P0999^^^HIS", b"MRG|P0999")).accepted
    assert patient_of(desk, "P1001") == ["CT0999"]
    itself = merge.replace(b"P0999^^^HIS", b"P1001^^^HIS").replace(b"|ADT2|", b"|ADT3|")
    assert desk.ask(itself).accepted
    assert [record.exams for record in desk.store.read(lambda uow: uow.patients.merges(9))] == [("CT0999",)]


def test_an_application_s_own_answer_is_filed_with_what_was_sent(desk: Desk, wire: Wire) -> None:
    """v2.5.1, 2.9.3.2: a receiver that sends it as a message of its own, to our listener."""
    sent = Envelope(
        raw=b"MSH|^~\\&|SIGNGATE|H1|EMR|H1|1||ORU^R01|M1|P|2.5.1\r",
        peer="emr",
        received_at=desk.clock(),
        sender="SIGNGATE|H1",
        control_id="M1",
        profile="emr",
        direction=Direction.SENT,
    )
    desk.store.write(lambda uow: keep_sent(uow, sent, b"MSH|...CA"))
    said = b"MSH|^~\\&|EMR|H1|SIGNGATE|H1|2||ACK^R01^ACK|E1|P|2.5.1|||AL|NE\rMSA|AE|M1\rERR||PID^1^3|204^^HL70357|E\r"
    assert desk.ask(said).code == "CA"
    (kept,) = desk.store.read(lambda uow: uow.messages.find("SIGNGATE|H1", "M1", Direction.SENT))
    assert (kept.state, kept.error, kept.ack) == (MessageState.REJECTED, "emr answered AE 204 after CA", said)
    (dead,) = SqlJobStore(desk.store, desk.clock).listing(JobState.PARKED)
    assert (dead.lane, dead.payload["message_id"]) == ("hl7:emr", kept.message_id)
    unknown = desk.ask(said.replace(b"|E1|", b"|E2|").replace(b"|M1", b"|M2"))
    assert (unknown.code, unknown.error, unknown.location) == ("CE", "204", "MSA^1^2")
    nothing = desk.ask(b"MSH|^~\\&|EMR|H1|SIGNGATE|H1|2||ACK|E3|P|2.5.1\r")
    assert (nothing.code, nothing.error, nothing.location) == ("AE", "100", "MSA^1")


def test_an_update_renames_and_does_no_harm_to_strangers(desk: Desk, wire: Wire) -> None:
    desk.send(wire("orm_o01__new"))
    renamed = wire("adt_a08__update").replace("张三^ZHANGSAN".encode(), "张三丰".encode())
    assert desk.ask(renamed).accepted
    names = desk.store.read(lambda uow: uow.link.rows(Prepared(select(exams.c.patient_name)), {}))
    assert names == [("张三丰",)]


def test_an_update_of_a_merged_identifier_is_of_what_came_under_it(desk: Desk, wire: Wire) -> None:
    desk.send(wire("orm_o01__new"))
    prior = wire("orm_o01__new").replace(b"P1001^^^HIS", b"P0999^^^HIS").replace(b"|ORM1|", b"|ORM9|")
    desk.send(prior.replace(b"SQ1001", b"SQ0999").replace(b"CT1001", b"CT0999"))
    desk.send(wire("adt_a40__merge"))
    renamed = wire("adt_a08__update").replace("张三^ZHANGSAN".encode(), "张三丰".encode())
    assert desk.ask(renamed.replace(b"P1001^^^HIS", b"P0999^^^HIS")).accepted
    where = Prepared(select(exams.c.accession_number, exams.c.patient_id, exams.c.patient_name))
    assert sorted(desk.store.read(lambda uow: uow.link.rows(where, {}))) == [
        ("CT0999", "P1001", "张三丰"),
        ("CT1001", "P1001", "张三"),
    ]


# R3: decisions 10
def test_the_same_message_again_gets_the_same_bytes_and_no_second_effect(desk: Desk, wire: Wire) -> None:
    first = desk.send(wire("oru_r01__final"))
    desk.clock.advance(minutes=3)
    assert [desk.send(wire("oru_r01__final")) for _ in range(5)] == [first] * 5
    assert len(desk.reports) == 1
    (row,) = desk.archived(SENDER, "ORU1")
    assert row.duplicates == 5


# R4
def test_the_same_control_id_with_other_bytes_is_refused_and_quarantined(desk: Desk, wire: Wire) -> None:
    desk.send(wire("oru_r01__final"))
    other = wire("oru_r01__final").replace("脑出血".encode(), "脑梗死".encode())
    answer = desk.ask(other)
    assert (answer.code, answer.error, answer.control_id) == ("AE", "205", "ORU1")
    states = {row.state for row in desk.archived(SENDER, "ORU1")}
    assert states == {MessageState.ACCEPTED, MessageState.QUARANTINED}
    assert len(desk.reports) == 1


# R5
def test_a_counter_that_wraps_after_a_day_is_a_new_message(desk: Desk, wire: Wire) -> None:
    desk.send(wire("oru_r01__final"))
    desk.clock.advance(hours=25)
    later = wire("oru_r01__final").replace(b"|20260601093000|", b"|20260602103000|")
    assert desk.ask(later).accepted
    assert len(desk.reports) == 2


@pytest.mark.parametrize(
    ("name", "control_id", "code", "error"),
    [
        ("invalid__no_patient_identifier", "BAD1", "AE", "101"),
        ("invalid__unknown_event", "BAD2", "AR", "201"),
        ("invalid__two_messages", "ORM1", "AE", "100"),
    ],
)
def test_what_is_refused_is_answered_archived_and_without_effect(
    name: str, control_id: str, code: str, error: str, desk: Desk, wire: Wire
) -> None:
    answer = desk.ask(wire(name))
    assert (answer.code, answer.error, answer.control_id) == (code, error, control_id)
    (row,) = desk.archived(SENDER, control_id)
    assert row.state is MessageState.REJECTED
    assert row.error
    assert desk.kept(row.message_id).raw == wire(name)
    assert desk.store.read(lambda uow: uow.exams.order("CT1001")) is None


@pytest.mark.parametrize(
    ("head", "code", "error"),
    [
        ("ZZZ^Z01|1|P|2.4", "AR", "200"), ("ACK^R01|1|P|2.4", "AE", "100"), ("ORU^R99|1|P|2.4", "AR", "201"),
        ("ORU^R01|1|P|2.2", "AR", "203"), ("ORU^R01|1|P|", "AR", "203"), ("ORU^R01|1|X|2.4", "AR", "202"),
        ("ORU^R01||P|2.4", "AE", "101"), ("|1|P|2.4", "AR", "101"),
    ],
)  # fmt: skip
def test_headers_that_cannot_be_taken(head: str, code: str, error: str, desk: Desk) -> None:
    answer = desk.ask(f"MSH|^~\\&|A|B|C|D|1||{head}\rPID|1||P1\r".encode())
    assert (answer.code, answer.error) == (code, error)


@pytest.mark.parametrize(
    ("name", "sent", "instead"),
    [
        ("oru_r01__final", b"|F|||||||3002", b"|Q|||||||3002"),
        ("oru_r01__final", b"|P|2.4|", b"|P|2.2|"),
        ("oru_r01__final", b"ORU^R01", b"ORU^R99"),
        ("oru_r01__final", "张三".encode(), b"\xff\xfe\xff"),
        ("oru_r01__final_gb18030", "张三".encode("gb18030"), b"\xd5|\xff"),
        ("orm_o01__new", b"ORC|NW", b"ORC|QQ"),
        ("oru_r01__utf16", "|F|".encode("utf-16-le"), "|\ufffd|".encode("utf-16-le")),
    ],
)
def test_what_is_refused_is_found_by_patient_and_examination(
    name: str, sent: bytes, instead: bytes, desk: Desk, wire: Wire
) -> None:
    assert sent in wire(name)
    answer = desk.ask(wire(name).replace(sent, instead))
    assert not answer.accepted
    (row,) = desk.archived(SENDER, answer.control_id)
    assert (row.accession_number, row.patient_id) == ("CT1001", "P1001")


@pytest.mark.parametrize(
    ("name", "sent", "location"),
    [
        ("orm_o01__new", b"P1001^", "PID^1^3"),
        ("orm_o01__new", b"|CT1001|", "OBR^1"),
        ("oru_r01__final", b"P1001^", "PID^1^3"),
        ("oru_r01__final", b"|SQ1001|", "OBR^1"),
        ("adt_a40__merge", b"P0999^", "MRG^1^1"),
    ],
)
def test_what_is_too_long_to_number_anything_is_refused_by_its_field(
    name: str, sent: bytes, location: str, desk: Desk, wire: Wire
) -> None:
    raw = wire(name).replace(sent, sent[:-1] + b"9" * 200 + sent[-1:])
    answer = desk.ask(raw)
    assert (answer.code, answer.error, answer.location) == ("AR", "102", location)


def test_what_is_no_identifier_finds_nothing(desk: Desk, wire: Wire) -> None:
    raw = wire("oru_r01__final").replace(b"ORU^R01", b"ORU^R99").replace(b"P1001^", b"9" * 4000 + b"^")
    desk.ask(raw)
    (row,) = desk.archived(SENDER, "ORU1")
    assert (row.accession_number, row.patient_id) == ("CT1001", "")


def test_an_undecodable_message_is_quarantined_with_its_bytes(desk: Desk) -> None:
    raw = b"MSH|^~\\&|A|B|C|D|1||ORU^R01|7|P|2.4||||||UNICODE UTF-8\rPID|1||P1||\xff\xff\x80\r"
    assert desk.ask(raw).error == "102"
    (row,) = desk.archived("A|B", "7")
    assert row.state is MessageState.QUARANTINED
    assert desk.kept(row.message_id).raw == raw


# R43
def test_an_error_of_ours_quarantines_the_message_and_the_queue_goes_on(desk: Desk, wire: Wire) -> None:
    poison = wire("oru_r01__final").replace("双侧".encode(), "破坏".encode())
    assert desk.ask(poison).error == "207"
    (row,) = desk.archived(SENDER, "ORU1")
    assert row.state is MessageState.QUARANTINED
    assert desk.ask(wire("oru_r01__final_gb18030")).accepted


def test_an_error_of_ours_in_reading_is_answered_and_kept_too(
    desk: Desk, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whom it names is read once more for the archive, and meets the same fault."""

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("plugin.hl7.interpreter.Message", broken)
    monkeypatch.setattr("plugin.hl7.mention.Message", broken)
    assert desk.ask(wire("oru_r01__final")).error == "207"
    (row,) = desk.archived(SENDER, "ORU1")
    assert row.state is MessageState.QUARANTINED


def test_what_a_journey_cannot_use_is_refused_with_its_reason(desk: Desk, wire: Wire) -> None:
    nameless = wire("oru_r01__final").replace(b"CT1001", b"")
    answer = desk.ask(nameless)
    assert (answer.code, answer.error) == ("AE", "102")
    assert "accession_number" in answer.text


# S38
def test_no_name_and_no_text_reaches_the_log_even_when_we_fail(
    desk: Desk, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.ask(wire("oru_r01__final").replace("双侧".encode(), "破坏".encode()))
    desk.ask(wire("invalid__no_patient_identifier"))
    printed = "".join(capsys.readouterr())
    assert "hl7.internal" in printed and "ZeroDivisionError" in printed and "test_dispatch.py:" in printed
    assert not [word for word in ("张三", "破坏", "脑出血") if word in printed]


def test_a_batch_is_answered_as_a_batch_each_message_by_itself(desk: Desk, wire: Wire) -> None:
    answer = desk.send(wire("batch__two_orders"))
    assert answer is not None
    lines = answer.decode().strip("\r").split("\r")
    assert [line[:3] for line in lines] == ["BHS", "MSH", "MSA", "MSH", "MSA", "BTS"]
    assert [line for line in lines if line.startswith("MSA")] == ["MSA|AA|B1-1", "MSA|AA|B1-2"]
    assert desk.archived(SENDER, "B1-1") and desk.archived(SENDER, "B1-2")
    assert desk.send(wire("batch__two_orders")) == answer


def test_a_batch_that_is_refused_is_answered_to_its_first_message(desk: Desk, wire: Wire) -> None:
    answer = desk.ask(wire("batch__two_orders").replace(b"BTS|2", b"BTS|3"))
    assert (answer.code, answer.error, answer.control_id) == ("AE", "102", "B1-1")
    assert desk.store.read(lambda uow: uow.exams.order("CT1001")) is None


@pytest.mark.parametrize("codec", ["ascii", "utf-16", "utf-16-be"])
def test_a_sender_with_nothing_to_say_is_answered_by_a_batch_like_its_own(desk: Desk, codec: str) -> None:
    empty = "FHS|^~\\&|RIS|H1\rBHS|^~\\&|RIS|H1|S|Q|||||B7\rBTS|0\rFTS|1\r".encode(codec)
    answer = desk.send(empty)
    assert answer is not None
    assert answer.decode(codec) == (
        "BHS|^~\\&|S|Q|RIS|H1||||||B7\rBTS|0|accepted: the batch holds no message\r"
    )
    (row,) = desk.archived("RIS|H1", "")
    assert (row.state, row.message_type, row.ack) == (MessageState.ACCEPTED, "BHS", answer)
    assert desk.kept(row.message_id).raw == empty


def test_a_batch_that_ends_before_its_first_message_was_cut_short(desk: Desk) -> None:
    answer = desk.ask(b"FHS|^~\\&|A\rBHS|^~\\&|A\r")
    assert (answer.code, answer.error, answer.location) == ("AE", "100", "BHS^1")
    assert "no BTS" in answer.text
    answer = desk.ask(b"BHS|^~\\&|A\rBTS|2\r")
    assert (answer.code, answer.error, answer.location) == ("AE", "102", "BTS^1^1")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_a_batch_of_utf_16_is_done_like_any_other(desk: Desk, wire: Wire, codec: str) -> None:
    whole = wire("batch__two_orders").decode().replace("UNICODE UTF-8", "UNICODE UTF-16")
    answer = desk.send(whole.encode(codec))
    assert answer is not None
    lines = answer.decode(codec).strip("\r").split("\r")
    assert [line for line in lines if line[:3] != "MSH"] == [
        lines[0],
        "MSA|AA|B1-1",
        "MSA|AA|B1-2",
        "BTS|2",
    ]
    (first,) = desk.archived(SENDER, "B1-1")
    assert desk.kept(first.message_id).raw in whole.encode(codec), "bytes as they came"


def test_commit_acknowledgement_in_enhanced_mode(desk: Desk, wire: Wire) -> None:
    assert desk.ask(wire("oru_r01__enhanced_commit_only")).code == "CA"


def test_a_sender_that_wants_no_answer_gets_none_and_is_archived(desk: Desk, wire: Wire) -> None:
    raw = wire("oru_r01__enhanced_commit_only").replace(b"|AL|NE|", b"|NE|NE|")
    assert desk.send(raw) is None
    assert desk.send(raw) is None
    assert desk.archived(SENDER, "ORU20")[0].state is MessageState.ACCEPTED


def test_broken_framing_is_kept_in_the_quarantine(desk: Desk) -> None:
    head = b"MSH|^~\\&|A|B|C|D|1||ORU^R01|9|P|2.4\rPID|1"
    answer = asyncio.run(desk.handler.violation(Violation(Fault.NO_END, head, len(head)), PEER))
    assert answer is not None
    assert (read_answer(answer).code, read_answer(answer).control_id) == ("AR", "9")
    (row,) = desk.archived("A|B", "9")
    assert row.state is MessageState.QUARANTINED


def test_noise_before_a_frame_is_kept_and_not_answered(desk: Desk) -> None:
    noise = Violation(Fault.NOISE, b"hello", 5, is_answered=False)
    assert asyncio.run(desk.handler.violation(noise, PEER)) is None
    (row,) = desk.archived("", "")
    assert (row.state, row.ack) == (MessageState.QUARANTINED, b"")
    elsewhere = Violation(Fault.NO_END, b"world", 5)
    assert asyncio.run(desk.handler.violation(elsewhere, PEER)) is not None
    once_answered = Violation(Fault.NOISE, b"world", 5, is_answered=False)
    assert asyncio.run(desk.handler.violation(once_answered, PEER)) is None


def test_two_messages_in_one_frame_of_utf_16_are_refused_as_in_any_other(desk: Desk, wire: Wire) -> None:
    for codec in ("utf-16", "utf-16-le", "utf-16-be"):
        both = (wire("orm_o01__new") + wire("orm_o01__change")).decode().encode(codec)
        assert (desk.ask(both).code, desk.ask(both).error) == ("AE", "100")
        assert (desk.ask(both + b"\0").code, desk.ask(both + b"\0").error) == ("AE", "102"), (
            "half a character"
        )


# S9
def test_an_unregistered_sender_is_refused_and_audited_where_that_is_asked(
    store: SqlStore, profiles: Profiles, clock: StoppedClock, wire: Wire
) -> None:
    desk = Desk(store, profiles, clock, unknown_senders="refuse")
    answer = desk.ask(wire("oru_r01__final"))
    assert (answer.code, answer.error, answer.location) == ("AR", "204", "MSH^1^3")
    (row,) = desk.archived(SENDER, "ORU1")
    assert row.state is MessageState.REJECTED
    audited = store.read(lambda uow: uow.link.rows(Prepared(select(audit.c.action, audit.c.subject)), {}))
    assert ("refuse_sender", SENDER) in [tuple(entry) for entry in audited]


def test_a_sender_with_unreliable_ids_may_leave_them_out(
    store: SqlStore, clock: StoppedClock, tmp_path: Path, wire: Wire
) -> None:
    (tmp_path / "site.toml").write_text(
        'extends = "default"\n[match]\nsending_application = ["RIS"]\n[message]\ncontrol_id = "unreliable"\n'
    )
    shipped = Path(__file__).resolve().parents[3] / "config" / "hl7" / "default.toml"
    (tmp_path / "default.toml").write_bytes(shipped.read_bytes())
    desk = Desk(store, load_profiles(tmp_path), clock)
    first = wire("oru_r01__final").replace(b"|ORU1|", b"||")
    second = wire("oru_r01__preliminary").replace(b"|ORU3|", b"||")
    assert desk.ask(first).accepted and desk.ask(second).accepted
    assert len(desk.reports) == 2


class FullStore:
    """A store whose database takes nothing."""

    def submit(self, _work: Any, _foreseen: Any = None) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_exception(StoreUnavailable("disk full"))
        return future


# R10, R12
def test_nothing_is_acknowledged_that_could_not_be_stored(
    profiles: Profiles, clock: StoppedClock, wire: Wire
) -> None:
    desk = Desk(FullStore(), profiles, clock)
    for name in ("oru_r01__final", "invalid__unknown_event"):
        answer = desk.ask(wire(name))
        assert (answer.code, answer.error) == ("AE", "207")


# R3 over sockets
def test_a_flood_of_the_same_message_on_ten_connections_is_one_message(desk: Desk, wire: Wire) -> None:
    raw = wire("oru_r01__final")

    def flood(_: int) -> list[bytes]:
        with client(port) as sender:
            return [answer.raw for _ in range(10) if (answer := sender.send(raw))]

    with (
        listening(desk.handler, on_violation=desk.handler.violation) as (_, port),
        ThreadPoolExecutor(10) as pool,
    ):
        answers = [raw for found in pool.map(flood, range(10)) for raw in found]
    assert len(answers) == 100 and len(set(answers)) == 1
    assert len(desk.reports) == 1
    assert desk.archived(SENDER, "ORU1")[0].duplicates == 99


# R26
def test_rare_names_come_back_from_the_database(desk: Desk, wire: Wire) -> None:
    desk.send(wire("oru_r01__rare_names_gb18030"))
    standing = desk.store.read(lambda uow: uow.reports.latest("CT1001"))
    assert standing is not None and standing.patient.name == "𠮷龘"


# S6, S37
def test_odd_characters_are_stored_and_escape_nowhere(desk: Desk) -> None:
    raw = "MSH|^~\\&|A\x1b[31m|B|C|D|1||ORM^O01|8|P|2.4\rPID|1||P1||张\u202e三\x00\u200b\rORC|NW|1\rOBR|1|1||A^a\r"
    assert desk.ask(raw.encode()).accepted
    known = desk.store.read(lambda uow: uow.exams.order("1"))
    assert known is not None and known[0].patient.name == "张\u202e三\u200b"
