"""Attacks on the HL7 door, against a whole SignGate (the table of attacks: S2 to S7, S9, S37)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import pytest
from hl7_peers import connect, is_closed, listening
from running import SignGate, order, report, running

from plugin.hl7.mllp import frame
from plugin.hl7.session import Peer
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore, open_store
from tests.stores import utc_now

HEAD = "MSH|^~\\&|HIS|H001|SIGNGATE|H001|20260601080000||ORM^O01|{}|P|2.4\r"


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignGate]:
    with running(tmp_path_factory.mktemp("hl7") / "data") as started:
        yield started


def ordered(control_id: str, name: str, item: str = "胸部CT平扫") -> bytes:
    return (
        HEAD.format(control_id)
        + f"PID|1||P{control_id}^^^H001||{name}||19660101|M\rORC|NW|R{control_id}|{control_id}\rOBR|1|R{control_id}|{control_id}|C01^{item}\r"
    ).encode("utf-8", "surrogatepass")


def test_s2_s7_escapes_are_read_once_and_smuggle_no_segment(gate: SignGate) -> None:
    assert gate.send(
        ordered("S2", r"张三\X0D\ORC\F\CA\F\RS2\X0D\OBR\F\1", r"平扫\E\T\E\.br\E\ \Zxx\ ")
    ).accepted
    assert gate.send(report("S2b", r"所见\X0D\OBX\F\9\F\TX\F\IMP\F\\F\假结论", "真结论")).accepted


@pytest.mark.parametrize(
    "head",
    [
        "MSH||||||",
        "MSH|abcd|",
        "MSH|",
        "MSH",
        "MSH|^~\\&xyz|A",
        "MSHA^~\\&A",
        "MSH|^^^^|A",
        "MSH\x00^~\\&\x00",
    ],
)
def test_s4_odd_delimiters_are_refused_for_good_and_hurt_nobody(gate: SignGate, head: str) -> None:
    answer = gate.send((head + "HIS|H001|S|Q|1||ORM^O01|1|P|2.4\r").encode())
    assert answer.code == "AR"


@pytest.mark.parametrize(
    "body",
    [
        "PID|1||" + "x~" * 20_000,
        "PID|1||P1" + "|x" * 20_000,
        "PID|1||P1\r" + "NTE|1\r" * 20_000,
        "PID|1||P1||" + "x" * (1 << 20),
        "PID|1||P1||" + "\\" * 500_000,
        "PID|1||P1||" + "\\X" + "41" * 250_000 + "\\",
        "PID|1||P1||" + "&" * 200_000 + "^" * 200_000,
    ],
    ids=["repetitions", "fields", "segments", "mebibyte", "backslashes", "hexadecimal", "delimiters"],
)
def test_s5_too_much_of_anything_is_answered_and_hurts_nobody(gate: SignGate, body: str) -> None:
    gate.send((HEAD.format("S5") + body + "\rORC|NW|RS5|S5\rOBR|1|RS5|S5|C01^x\r").encode())
    assert gate.send(order("S5-after")).accepted


def test_s6_s37_odd_characters_are_stored_and_logged_in_one_line(gate: SignGate) -> None:
    assert gate.send(ordered("S6", "张\u202e三\u200b\x00\x07")).accepted
    forged = HEAD.format("S37").replace("HIS", "HIS\x1b[2J\x85forged=1")
    gate.send((forged + "PID|1\r").encode())
    lone = ordered("S6b", "张\ud800三")
    assert gate.send(lone).code in ("AE", "AR")
    log = gate.log.read_text(encoding="utf-8")
    assert "\x1b[2J" not in log
    assert "张" not in log, "logs carry identifiers only"


def test_s3_what_comes_back_in_an_acknowledgement_breaks_no_segment(gate: SignGate) -> None:
    answer = gate.send(b"MSH|^~\\&|A\x0bB|C|D|E|1||Z|Z^A~B&C\\D|1|P|2.5\r")
    lines = answer.raw.split(b"\r")
    assert [line[:3] for line in lines] == [b"MSH", b"MSA", b"ERR", b""]


def test_s9_an_address_that_is_not_registered_is_refused() -> None:
    async def never(_block: bytes, _peer: Peer) -> bytes:
        raise AssertionError("handled a stranger's message")

    with listening(never, allowed=("203.0.113.0/24",)) as (server, port), connect(port) as stranger:
        with suppress(OSError):
            stranger.sendall(frame(order("S9")))
        assert is_closed(stranger)
        assert server.counts["refused_address"] == 1


@pytest.fixture(scope="module")
def afterwards(gate: SignGate) -> Iterator[SqlStore]:
    assert gate.terminate() == 0
    with open_store(StoreSettings(), gate.data, utc_now) as store:
        yield store


def test_afterwards_the_texts_are_what_was_meant(afterwards: SqlStore) -> None:
    def look(accession: str) -> tuple[str, str]:
        known = afterwards.read(lambda uow: uow.exams.order(accession))
        assert known is not None
        return known[0].patient.name, known[0].status

    assert look("S2") == ("张三\rORC|CA|RS2\rOBR|1", "scheduled"), (
        "one order, not cancelled by its patient's name"
    )
    assert look("S6") == ("张\u202e三\u200b", "scheduled")
    standing = afterwards.read(lambda uow: uow.reports.latest("S2b"))
    assert standing is not None
    assert standing.impression == "真结论"
    assert afterwards.read(lambda uow: uow.exams.order("S6b")) is None
