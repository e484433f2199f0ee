"""Faults of the HL7 door, on a whole SignGate in a process of its own (the table of faults: R4 to R7, R18 to R27)."""

from __future__ import annotations

import shutil
import socket
import struct
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from conftest import ROOT
from hl7_peers import answers, connect, is_closed
from patience import PATIENCE_S, until
from running import SignGate, order, report, running

from plugin.domain.errors import DeliveryFailed
from plugin.hl7.mllp import frame
from plugin.store.link import Prepared
from plugin.store.settings import StoreSettings
from plugin.store.store import SqlStore, open_store
from tests.stores import utc_now

CONNECTIONS = 40
LIMIT = 200_000
SETTINGS = f"""
[hl7]
frame_s = 1.0
connections = {CONNECTIONS}
max_message_bytes = {LIMIT}
"""


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignGate]:
    folder = tmp_path_factory.mktemp("hl7")
    config = folder / "config"
    shutil.copytree(ROOT / "config", config, ignore=shutil.ignore_patterns("__pycache__"))
    site = config / "site.toml"
    text = site.read_text(encoding="utf-8")
    assert text.count("\n[hl7]\n") == 1
    site.write_text(text.replace("\n[hl7]\n", SETTINGS), encoding="utf-8")
    with running(folder / "data", "--config", str(config)) as started:
        yield started


def good(gate: SignGate, number: str) -> None:
    """A normal sender is served."""
    assert gate.send(order(number)).accepted


def test_r4_the_same_control_id_with_another_body_is_not_swallowed(gate: SignGate) -> None:
    assert gate.send(report("R4", "双肺未见异常。", "未见异常。")).accepted
    answer = gate.send(report("R4", "双肺多发结节。", "转移瘤可能。"))
    assert (answer.code, answer.error) == ("AE", "205")


def test_r18_a_half_frame_then_silence_is_closed_and_the_slot_freed(gate: SignGate) -> None:
    with connect(gate.base) as half:
        half.sendall(b"\x0b" + order("R18")[:80])
        assert answers(half, 1) == [b"AR|OR18"]
        assert is_closed(half)
    good(gate, "R18")


def test_r19_slow_loris_is_reaped_and_a_normal_sender_is_served(gate: SignGate) -> None:
    lorises = [connect(gate.base) for _ in range(CONNECTIONS - 10)]
    for beat in range(4):
        for loris in lorises:
            try:
                loris.sendall(b"\x0bMSH|"[beat : beat + 1])
            except OSError:
                continue
        good(gate, f"R19-{beat}")
    assert all(is_closed(loris) for loris in lorises)
    for loris in lorises:
        loris.close()


def resident_kib(gate: SignGate) -> int:
    status = Path(f"/proc/{gate.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def test_r20_an_endless_frame_is_closed_at_the_limit_and_costs_no_memory(gate: SignGate) -> None:
    # What a first message imports is no part of what a frame costs.
    good(gate, "R20-first")
    before = resident_kib(gate)
    with connect(gate.base) as endless:
        endless.sendall(b"\x0b" + order("R20").rstrip(b"\r"))
        with pytest.raises(OSError):
            while True:
                endless.send(b"x" * 65536)
    assert resident_kib(gate) - before < 20_000
    good(gate, "R20")


def test_r21_frames_however_they_are_cut_are_answered_in_order(gate: SignGate) -> None:
    stream = b"".join(frame(order(f"R21-{n}")) for n in range(6))
    expected = [b"AA|OR21-%d" % n for n in range(6)]
    with connect(gate.base) as whole:
        whole.sendall(stream)
        assert answers(whole, 6) == expected


def test_r21_a_frame_that_comes_byte_by_byte_is_whole(tmp_path: Path) -> None:
    """At a door with the time-out that we ship; the second of the other one passes soon on a busy machine."""
    with running(tmp_path / "data") as gate, connect(gate.base) as bytewise:
        bytewise.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(order("R21")):
            bytewise.sendall(bytes([byte]))
        assert answers(bytewise, 1) == [b"AA|OR21"]


def test_r22_vt_missing_cr_missing_junk_between_and_a_frame_broken_off(gate: SignGate) -> None:
    one, two, three, four = (order(f"R22-{n}") for n in range(4))
    with connect(gate.base) as odd:
        odd.sendall(one + b"\x1c\r" + b"\x0b" + two + b"\x1c" + b"junk" + frame(three))
        assert answers(odd, 3) == [b"AA|OR22-0", b"AA|OR22-1", b"AA|OR22-2"]
        odd.sendall(b"\x0b" + four[:90] + frame(four))
        assert answers(odd, 2) == [b"AR|OR22-3", b"AA|OR22-3"]
    good(gate, "R22")
    counted = requests.get(f"{gate.web}/metrics", timeout=PATIENCE_S).text
    assert 'signgate_hl7_events{event="fault_noise"} 1' in counted
    assert 'signgate_hl7_events{event="fault_broken_off"} 1' in counted
    assert 'signgate_hl7_messages{outcome="accepted"}' in counted


def test_r23_a_reset_before_the_answer_stores_once(gate: SignGate) -> None:
    message = order("R23")
    for _ in range(5):
        connection = connect(gate.base)
        connection.sendall(frame(message))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    assert gate.send(message).accepted
    good(gate, "R23b")


def test_r24_at_the_cap_others_are_refused_and_known_senders_work(gate: SignGate) -> None:
    with gate.mllp() as known:
        assert known.send(order("R24-a"))
        idle = [connect(gate.base) for _ in range(CONNECTIONS * 3)]
        answer = known.send(order("R24-b"))
        assert answer is not None and answer.accepted
        until(lambda: sum(is_closed(one, within=0.001) for one in idle) >= CONNECTIONS * 2)
        for one in idle:
            one.close()
    until(lambda: let_in(gate, "R24-c"))


def let_in(gate: SignGate, number: str) -> bool:
    """Whether there is a place for a new sender, and it is served."""
    try:
        return gate.send(order(number)).accepted
    except DeliveryFailed:
        return False


@pytest.mark.parametrize("charset", ["UNICODE UTF-8", "GB 18030-2000", "", "ASCII", "8859/1"])
@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-8-sig", "utf-16"])
def test_r25_r26_chinese_and_rare_names_in_any_dress(gate: SignGate, charset: str, codec: str) -> None:
    number = f"R25{charset}{codec}".replace(" ", "").replace("/", "")
    text = (
        report(number, "双肺纹理增多，见𠮷龘二字。", "未见异常。").decode().replace("UNICODE UTF-8", charset)
    )
    answer = gate.send(text.encode(codec))
    assert answer.accepted, answer
    assert answer.control_id == f"U{number}"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n"])
def test_r27_every_segment_end(gate: SignGate, end: str) -> None:
    number = f"R27{len(end)}{end.count(chr(13))}"
    assert gate.send(order(number).decode().replace("\r", end).encode() + b"\r\n\r\n").accepted


def test_r7_messages_of_one_patient_from_two_connections_are_all_kept(gate: SignGate) -> None:
    def stream(lane: int) -> int:
        with gate.mllp() as client:
            sent = [client.send(report(f"R7-{lane}-{n}", f"第{n}次。", "未见异常。")) for n in range(50)]
        return sum(answer is not None and answer.accepted for answer in sent)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(stream, range(2))) == [50, 50]


@pytest.fixture(scope="module")
def afterwards(gate: SignGate) -> Iterator[SqlStore]:
    """The database when all is over: the process has been stopped."""
    assert gate.terminate() == 0
    with open_store(StoreSettings(), gate.data, utc_now) as store:
        yield store


def rows(store: SqlStore, query: str) -> list[tuple[object, ...]]:
    from sqlalchemy import text

    return store.read(lambda uow: uow.link.rows(Prepared(text(query), writes=False), {}))


def test_afterwards_every_message_is_there_once_and_nothing_was_silently_replaced(
    afterwards: SqlStore,
) -> None:
    accepted = rows(afterwards, "SELECT sender, control_id FROM messages WHERE state = 'accepted'")
    assert len(accepted) == len(set(accepted))
    assert {("HIS|H001", f"OR21-{n}") for n in range(6)} <= set(accepted)
    (reset,) = rows(afterwards, "SELECT duplicates FROM messages WHERE control_id = 'OR23'")
    assert 0 <= int(str(reset[0])) <= 5
    names = rows(afterwards, "SELECT body FROM reports WHERE accession_number LIKE 'R25%'")
    assert len(names) == 20
    assert all("𠮷龘" in str(body) and "\ufffd" not in str(body) for (body,) in names)
    held = rows(afterwards, "SELECT count(*) FROM messages WHERE state = 'quarantined'")
    assert int(str(held[0][0])) >= 4, "framing faults and the re-used control ID are kept"
