"""The simulated RIS behaves as a RIS should: it never waits for SignGate, and releases once."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
import requests

from plugin.demo.caller import CallRefused
from plugin.demo.cases import read_cases
from plugin.demo.desk import Desk
from plugin.demo.work_list import Status

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
CASES = read_cases(NOW)
EXAM = "CT26060001"
SIGNER = {"id": "D1002", "name": "钱二", "role": "attending"}


class Line:
    """Takes every message and says AA."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: bytes) -> bytes:
        self.sent.append(message.decode("utf-8", "replace"))
        return b"MSH|^~\\&|SIGNGATE\rMSA|AA|1\r"

    def reports(self) -> list[str]:
        return [text.split("OBR|")[1].split("|")[25 - 1] for text in self.sent if "ORU^R01" in text]


class Hooks:
    def __init__(self) -> None:
        self.answer: object = {}
        self.asked: list[tuple[str, dict]] = []

    def post(self, path, data):
        self.asked.append((path, data))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def get(self, path):
        raise AssertionError(path)


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def hooks() -> Hooks:
    return Hooks()


@pytest.fixture
def desk(line, hooks) -> Desk:
    counter = itertools.count()
    return Desk(CASES, "seed", line, hooks, lambda: NOW, lambda: f"id{next(counter)}")


def sign(desk: Desk, action: str = "verify"):
    exam = desk.exams[EXAM]
    return desk.sign(EXAM, action, SIGNER, exam.findings, exam.impression)


def test_an_order_goes_out_with_its_priors(desk, line):
    assert desk.send_order("CT26060004") == "AA"
    assert ["ORM^O01" in text for text in line.sent] == [True, False]


def test_release_sends_the_final_report_at_once(desk, line, hooks):
    hooks.answer = {"decision": "release", "gate_id": "g", "reason": "not_sampled"}
    sign(desk)

    assert desk.exams[EXAM].status is Status.RELEASED
    assert line.reports() == ["F"]


def test_hold_waits_for_the_call_back_and_releases_once(desk, line, hooks):
    hooks.answer = {"decision": "hold", "gate_id": "g", "reason": "sampled", "popup_url": "http://x/qc/t"}
    sign(desk)
    assert (desk.exams[EXAM].status, line.reports()) == (Status.HELD, [])

    desk.called_back({"gate_id": "g", "released": False})
    desk.called_back({"gate_id": "another", "released": True})
    assert line.reports() == []

    for _ in range(2):
        desk.called_back({"gate_id": "g", "released": True, "state": "released"})
    assert (desk.exams[EXAM].status, line.reports()) == (Status.RELEASED, ["F"])


def test_fix_leaves_the_draft(desk, line, hooks):
    hooks.answer = {"decision": "fix", "gate_id": "g", "reason": "blocking_issue"}
    sign(desk)

    assert (desk.exams[EXAM].status, line.reports()) == (Status.DRAFT, [])


def test_a_silent_signgate_never_stops_a_signature(desk, line, hooks):
    hooks.answer = requests.ConnectionError("refused")

    assert sign(desk)["reason"] == "unreachable"
    assert line.reports() == ["F"]
    assert any(not event.good for event in desk.exams[EXAM].events)


def test_a_refused_call_is_told_and_releases_nothing(desk, line, hooks):
    hooks.answer = CallRefused(400, "/action: is missing")
    with pytest.raises(CallRefused):
        sign(desk)
    assert line.reports() == []


@pytest.mark.parametrize(("action", "status"), [("verify", "final"), ("submit", "preliminary")])
def test_the_sign_event_carries_the_report_as_it_will_be(desk, hooks, action, status):
    hooks.answer = {"decision": "release", "gate_id": "g", "reason": "policy"}
    sign(desk, action)
    path, event = hooks.asked[0]

    assert path == "/hooks/report-sign"
    assert event["report"]["report"]["status"] == status
    assert event["report"]["exam"]["study_instance_uid"] == desk.study_uid(EXAM)
    assert event["signer"] == SIGNER


def alert(state: str, tier: str = "red") -> dict:
    return {
        "patient_name": "张三",
        "alert": {"alert_id": "a1", "accession_number": EXAM, "state": state, "acknowledged_by": None,
                  "finding": {"name": "脑出血", "tier": tier}},
    }  # fmt: skip


def test_the_ward_sees_what_it_was_told_and_nothing_before(desk):
    desk.hear([alert("detected")])
    desk.hear([alert("sent", tier="yellow")])
    assert desk.alerts == {}

    desk.hear([alert("sent")])
    desk.hear([alert("escalated")])
    assert desk.alerts["a1"].state == "escalated"
    assert sum("病区" in event.text for event in desk.exams[EXAM].events) == 1


def test_a_wrong_read_back_stays_on_the_screen_with_its_reason(desk, hooks):
    desk.hear([alert("sent")])
    hooks.answer = CallRefused(400, "read_back: does not match")
    with pytest.raises(CallRefused):
        desk.acknowledge("a1", "N1", "肺炎")
    assert desk.alerts["a1"].trouble

    hooks.answer = {"state": "acknowledged"}
    done = desk.acknowledge("a1", "N1", "脑出血")
    assert (done.state, done.acknowledged_by, done.trouble) == ("acknowledged", "N1", "")
    assert hooks.asked[-1] == (
        "/hooks/alerts/a1/acknowledge",
        {"who": "N1", "read_back": "脑出血", "means": "ward screen"},
    )
