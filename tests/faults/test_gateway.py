"""Gateway mode over real sockets: killed in the middle, every report goes on, in order, byte for byte."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from plugin.domain.errors import DeliveryFailed
from plugin.hl7.session import Peer
from tests.conftest import ROOT
from tests.hl7_peers import listening
from tests.patience import PATIENCE_S, until
from tests.ports import free_ports
from tests.running import SignGate, order, report, start

pytestmark = pytest.mark.slow

GATE = """
hold_minutes = 120
[forms]
verify = ["report"]
[[policy]]
name = "全部"
p = 1.0
"""


class Emr:
    """Takes what is passed on, and remembers the bytes in the order they came."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []

    async def __call__(self, block: bytes, _peer: Peer) -> bytes:
        self.taken.append(block)
        control_id = block.split(b"|")[9].decode()
        return f"MSH|^~\\&|EMR||SIGNGATE||1||ACK|X|P|2.4\rMSA|AA|{control_id}\r".encode()

    def in_order(self) -> list[bytes]:
        """Each message where it came first; a message may come twice when its ACK was lost."""
        return list(dict.fromkeys(self.taken))


@contextmanager
def house(tmp_path: Path) -> Iterator[tuple[Emr, list[str]]]:
    """A receiver, and the arguments of a SignGate that passes reports on to it."""
    emr, config = Emr(), tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    (config / "gate.toml").write_text(GATE, encoding="utf-8")
    with listening(emr) as (_, port):
        with (config / "site.toml").open("a", encoding="utf-8") as site:
            site.write(f'\n[hl7_out.emr]\nport = {port}\nsends = ["report", "score"]\n')
        yield emr, ["--config", str(config)]


def signed(number: str, impression: str, control_id: str) -> bytes:
    """A final report with its verifier (OBR-32)."""
    raw = report(number, "双肺纹理清晰，未见实变影。", impression, control_id)
    return raw.replace(b"||CT|F\r", b"||CT|F|||||||D7^" + "测试医师庚".encode() + b"\r")


def gates(gate: SignGate) -> dict[str, str]:
    """Accession number to gate ID of what is held."""
    with sqlite3.connect(gate.data / "signgate.sqlite") as database:
        return dict(
            database.execute("select accession_number, gate_id from gates where state='held'").fetchall()
        )


def test_killed_in_the_middle_everything_goes_on_in_order_byte_for_byte(tmp_path: Path) -> None:
    data, base = tmp_path / "data", free_ports(4)
    acknowledged: list[bytes] = []
    unsure: list[bytes] = []
    numbers = iter(range(100000))

    def send_until_it_dies() -> None:
        with gate.mllp() as client:
            while True:
                number = f"G{next(numbers)}"
                urgent = int(number[1:]) % 2 == 0
                messages = [
                    order(number).replace(b"PV1|1|O", b"PV1|1|E") if urgent else order(number),
                    signed(number, "胸部CT平扫未见明显异常。", f"{number}v1"),
                    signed(number, "双肺未见明显异常。", f"{number}v2").replace(b"||CT|F|", b"||CT|C|"),
                ]
                for message in messages:
                    try:
                        answer = client.send(message)
                    except DeliveryFailed:
                        unsure.append(message)
                        return
                    assert answer is not None and answer.code == "AA", answer
                    acknowledged.append(message)

    with house(tmp_path) as (emr, arguments):
        for _ in range(2):
            gate = start(data, base, *arguments)
            sender = threading.Thread(target=send_until_it_dies)
            sender.start()
            enough = len(acknowledged) + 20
            until(lambda enough=enough: len(acknowledged) > enough)
            gate.kill()
            sender.join(PATIENCE_S)
        gate = start(data, base, *arguments)
        try:
            for message in unsure:
                assert gate.send(message).code == "AA"
            reports = [each for each in (*acknowledged, *unsure) if b"ORU^R01" in each]
            held = gates(gate)
            assert len(reports) > 10 and held
            urgent = [each for each in reports if accession(each) not in held]
            until(lambda: set(urgent) <= set(emr.taken))
            assert not [each for each in emr.taken if accession(each) in held], "what is held stays"
            for gate_id in held.values():
                answer = gate.call("POST", f"/hooks/report-sign/{gate_id}/override", {"reason": "急诊"})
                assert answer.status_code == 200, answer.text
            until(lambda: set(reports) <= set(emr.taken))
        finally:
            assert gate.terminate() == 0
    assert set(emr.taken) == set(reports), "byte for byte, and nothing else"
    for number in {accession(each) for each in reports}:
        mine = [each.split(b"|")[9] for each in emr.in_order() if accession(each) == number]
        assert mine == sorted(mine), "the correction after what it corrects"


def test_an_emergency_release_lets_the_report_go_and_the_archive_tells_what_went(tmp_path: Path) -> None:
    with house(tmp_path) as (emr, arguments):
        gate = start(tmp_path / "data", free_ports(4), *arguments)
        try:
            gate.send(order("H1"))
            message = signed("H1", "胸部CT平扫未见明显异常。", "H1v1")
            assert gate.send(message).code == "AA"
            (gate_id,) = gates(gate).values()
            state = gate.call("GET", f"/hooks/report-sign/{gate_id}").json()
            assert (state["state"], emr.taken) == ("held", [])
            answer = gate.call("POST", f"/hooks/report-sign/{gate_id}/override", {"reason": "急诊"})
            assert answer.status_code == 200
            until(lambda: emr.taken)
            assert emr.taken == [message]
        finally:
            assert gate.terminate() == 0
        with sqlite3.connect(tmp_path / "data" / "signgate.sqlite") as database:
            row = database.execute(
                "select raw, state, accession_number, patient_id, instr(ack, 'MSA|AA|H1v1') > 0 "
                "from messages where direction='sent'"
            ).fetchall()
        assert row == [(message, "accepted", "H1", "P1", 1)]


def accession(message: bytes) -> str:
    return message.split(b"OBR|1|R")[1].split(b"|")[0].decode()
