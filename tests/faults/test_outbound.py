"""What leaves by HL7, from a whole SignGate to a receiver that behaves as receivers do.

The receiver is a few lines on a socket, no part of ours: it answers late, wrongly, AE, AR,
or hangs up, as its script says for each message.
"""

from __future__ import annotations

import shutil
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from plugin.demo.popup_form import read_form
from plugin.domain.people import Role
from tests.conftest import ROOT
from tests.console_person import ConsolePerson, add_person
from tests.hl7_peers import opened
from tests.patience import PATIENCE_S, until
from tests.recognition_house import DAY, configured, evaluate
from tests.running import SignGate, order, report, running

pytestmark = pytest.mark.slow

ANSWER_S = 15
"""How long the sender waits: long for an answer that comes, for the test has to wait for one that does not."""
BLEEDING = (
    "左侧基底节区见团片状高密度影，大小约4.2cm×3.1cm，CT值约65HU，周围见低密度水肿带。",
    "左侧基底节区急性脑出血。",
)
Script = Callable[[str, int], str]
"""``script(accession number, which time this message comes)``: what the receiver does with it."""


class Receiver(socketserver.ThreadingTCPServer):
    """A ward system."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, script: Script) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.script = script
        self.came: list[tuple[str, bytes]] = []
        self.taken: list[bytes] = []
        self.connections = 0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def times(self, number: str) -> int:
        return sum(each == number for each, _ in self.came)

    def order_taken(self) -> list[str]:
        return [about(block) for block in self.taken]


class _Talk(socketserver.BaseRequestHandler):
    server: Receiver

    def handle(self) -> None:
        self.server.connections += 1
        data = b""
        while received := self.request.recv(65536):
            data += received
            while b"\x1c\r" in data:
                block, data = data.split(b"\x1c\r", 1)
                if not self._one(block.lstrip(b"\x0b")):
                    return

    def _one(self, block: bytes) -> bool:
        number, control_id = about(block), block.split(b"|")[9].decode()
        self.server.came.append((number, block))
        what = self.server.script(number, self.server.times(number))
        if what == "hang up":
            return False
        if what == "late":
            self.request.settimeout(PATIENCE_S)
            self.request.recv(1)  # nothing: the sender has given us up
            what = "AA"
        elif what == "another's":
            control_id, what = "NOBODYS", "AA"
        if what == "AA":
            self.server.taken.append(block)
        answer = f"MSH|^~\\&|WARD||SIGNGATE||1||ACK|X|P|2.5\rMSA|{what}|{control_id}|{what}的原因\r"
        try:
            self.request.sendall(b"\x0b" + answer.encode() + b"\x1c\r")
        except OSError:
            return False
        return True


def about(block: bytes) -> str:
    """Accession number of an ORU of ours."""
    obr = opened(block).first("OBR")
    assert obr is not None
    return obr.value(3) or obr.value(18)


@contextmanager
def ward(script: Script) -> Iterator[Receiver]:
    with Receiver(script) as receiver:
        thread = threading.Thread(target=receiver.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.shutdown()


def with_receiver(config: Path, receiver: Receiver, sends: str) -> list[str]:
    with (config / "site.toml").open("a", encoding="utf-8") as site:
        site.write(f"\n[hl7_out.ward]\nport = {receiver.port}\nsends = [{sends}]\nanswer_s = {ANSWER_S}\n")
    return ["--config", str(config)]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    folder = tmp_path / "config"
    shutil.copytree(ROOT / "config", folder)
    site = folder / "site.toml"
    text = site.read_text("utf-8")
    quick = "[delivery]\nbackoff_first_s = 0.2\nbackoff_most_s = 0.5\n"
    assert "[delivery]\n" not in text
    site.write_text(text + "\n" + quick, "utf-8")
    return folder


def critical(gate: SignGate, number: str) -> None:
    """A report that raises an alert, whose message goes out."""
    assert gate.send(order(number, item="头颅CT平扫")).accepted
    raw = report(number, *BLEEDING).replace("胸部CT平扫".encode(), "头颅CT平扫".encode())
    assert gate.send(raw).accepted


def test_late_wrong_and_lost_answers_are_sent_again_in_order_and_nothing_is_lost(
    tmp_path: Path, config: Path
) -> None:
    """An answer counts only for the message it names; until one came, the message goes again, and none passes it."""
    trouble = {"L1": "late", "W1": "another's", "H1": "hang up", "E1": "AE"}

    def script(number: str, time_: int) -> str:
        return trouble.get(number, "AA") if time_ == 1 else "AA"

    numbers = ["A1", "L1", "A2", "W1", "H1", "E1", "A3"]
    with (
        ward(script) as receiver,
        running(tmp_path / "data", *with_receiver(config, receiver, '"alert"')) as gate,
    ):
        for number in numbers:
            critical(gate, number)
        until(lambda: "A3" in receiver.order_taken())
        assert gate.terminate() == 0
    assert list(dict.fromkeys(receiver.order_taken())) == numbers, "in order"
    assert {number: receiver.times(number) for number in numbers} == {
        number: 2 if number in trouble else 1 for number in numbers
    }
    for number in trouble:
        assert len({block for each, block in receiver.came if each == number}) == 1, "the same bytes again"
    assert receiver.connections == 4, "kept, and made anew after a late, a wrong and a lost answer"


def test_a_poisoned_message_is_a_dead_letter_that_is_seen_and_sent_again(
    tmp_path: Path, config: Path
) -> None:
    """AR is final at once; AE has an end; what stands behind goes on; a person sends the dead letters again."""
    mended = threading.Event()

    def script(number: str, _time: int) -> str:
        if mended.is_set():
            return "AA"
        return {"P1": "AE", "P2": "AR"}.get(number, "AA")

    data = tmp_path / "data"
    add_person(data, "staff", Role.QC_STAFF)
    with ward(script) as receiver, running(data, *with_receiver(config, receiver, '"alert"')) as gate:
        for number in ("P1", "P2", "B1"):
            critical(gate, number)
        until(lambda: receiver.order_taken() == ["B1"])
        assert (receiver.times("P1"), receiver.times("P2")) == (6, 1)
        person = ConsolePerson(gate.web, "staff")
        jobs = person.page("/console/jobs?state=parked")
        assert "AE的原因" in jobs and "AR的原因" in jobs
        assert "运行异常：发送 HL7 ward：2 条发送失败" in person.page("/console/jobs"), (
            "the banner tells it on every page"
        )
        refused = person.page("/console/messages?direction=sent&state=rejected")
        assert refused.count("AR的原因") == 1 and refused.count("AE的原因") == 1
        mended.set()
        for path in sorted(set(_between(jobs, 'action="', '"')) - {"/console/sign-out"}):
            if path.endswith("/requeue"):
                person.press(path)
        until(lambda: set(receiver.order_taken()) == {"P1", "P2", "B1"})
        until(lambda: "AR的原因" not in person.page("/console/jobs?state=parked"))
        assert gate.terminate() == 0


def test_score_and_label_leave_for_their_receiver(tmp_path: Path) -> None:
    """A form filled over HTTP and a label that was earned: each is one ORU, readable, and archived with its answer."""
    config, data = configured(tmp_path), tmp_path / "data"
    site = config / "gate.toml"
    site.write_text(
        'undo_seconds = 0\n[forms]\nverify = ["report"]\n[[policy]]\nname = "全部"\np = 1.0\n', "utf-8"
    )
    add_person(data, "staff", Role.QC_STAFF)
    evaluate(config, data, "合格")
    with (
        ward(lambda *_: "AA") as receiver,
        running(data, *with_receiver(config, receiver, '"score", "label"')) as gate,
    ):
        assert gate.send(order("S1")).accepted
        sound = report("S1", "双肺纹理清晰，未见实变影。", "胸部CT平扫未见明显异常。")
        assert gate.send(sound.replace(b"20260601", DAY.encode())).accepted
        held = gate.call(
            "POST",
            "/hooks/report-sign",
            {
                "event_id": "e1",
                "action": "verify",
                "accession_number": "S1",
                "signer": {"id": "D7", "name": "王五", "role": "senior"},
            },
        ).json()
        assert held["decision"] == "hold", held
        form = read_form(requests.get(held["popup_url"], timeout=PATIENCE_S).text)
        form.accept_suggestions()
        assert requests.post(f"{gate.web}/qc", data=form.fields, timeout=PATIENCE_S).status_code == 200
        until(lambda: len(receiver.taken) == 2)
        by_kind = {}
        for block in receiver.taken:
            message = opened(block)
            obr = message.first("OBR")
            assert obr is not None and obr.value(3) == "S1"
            by_kind[obr.value(4, 1)] = {obx.value(3, 1): obx.value(5) for obx in message.all("OBX")}
        assert set(by_kind) == {"QC_report", "RECOGNITION"}
        assert by_kind["RECOGNITION"]["LABEL"] == "川渝 HR"
        assert by_kind["QC_report"]["QC_SCORE"] == "5"
        sent = ConsolePerson(gate.web, "staff").page("/console/messages?direction=sent&number=S1")
        assert sent.count('class="state accepted"') == 2
        assert gate.terminate() == 0


def _between(text: str, start: str, end: str) -> list[str]:
    return [part.split(end, 1)[0] for part in text.split(start)[1:]]
