"""The RIS's pages: nothing but its own page drives it, and only a signed call releases."""

from __future__ import annotations

import itertools
import json
import time
from datetime import UTC, datetime

import pytest

from plugin.demo.caller import CallRefused, HookCaller
from plugin.demo.cases import read_cases
from plugin.demo.desk import Desk
from plugin.demo.ris import RisParts, create_app
from plugin.domain.errors import DeliveryFailed
from plugin.kit import signature

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)
SECRET = b"s" * 32
EXAM = "CT26060001"


class Line:
    def send(self, message: bytes) -> bytes:
        return b"MSH|^~\\&|\rMSA|AA|1\r"


class Hooks:
    def __init__(self) -> None:
        self.answer: object = {
            "decision": "hold",
            "gate_id": "g",
            "reason": "sampled",
            "issues": [],
            "critical": [],
        }

    def post(self, path, data):
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def get(self, path):
        raise AssertionError(path)


class EmptyGallery:
    def __init__(self) -> None:
        self.silent = False

    def images(self, uid):
        if self.silent:
            raise DeliveryFailed("no association", retry=True)
        return []

    documents = images

    def png(self, uid, number):
        return None


@pytest.fixture
def hooks():
    return Hooks()


@pytest.fixture
def gallery():
    return EmptyGallery()


@pytest.fixture
def client(hooks, gallery):
    counter = itertools.count()
    desk = Desk(read_cases(NOW), "seed", Line(), hooks, lambda: NOW, lambda: f"id{next(counter)}")
    parts = RisParts(
        desk=desk,
        gallery=gallery,
        verifier=HookCaller("", SECRET),
        signgate_url="http://127.0.0.1:8080",
        institution="示范市人民医院",
    )
    client = create_app(parts).test_client()
    client.environ_base["HTTP_HOST"] = "127.0.0.1:8081"
    return client


def sign(client, **more):
    body = {"findings": "a", "impression": "b", "signer": "D1002", "action": "verify", **more}
    return client.post(f"/api/exams/{EXAM}/sign", json=body)


def test_the_page_allows_only_signgate_in_its_frame(client):
    answer = client.get("/")

    assert answer.status_code == 200
    assert "frame-src http://127.0.0.1:8080;" in answer.headers["Content-Security-Policy"]
    assert "放射科报告工作站" in answer.text


def test_another_host_name_or_a_cross_site_form_gets_nothing(client):
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 403
    assert client.post(f"/api/exams/{EXAM}/sign", data={"action": "verify"}).status_code == 415


def test_a_held_report_is_released_by_a_signed_call_alone(client):
    assert sign(client).json["status"] == "held"
    body = json.dumps({"gate_id": "g", "released": True, "state": "released"}).encode()
    headers = {"content-type": "application/json"}

    forged = signature.headers(b"x" * 32, "c", int(time.time()), body)
    assert client.post("/signgate/call-back", data=body, headers=headers | forged).status_code == 401
    assert client.get(f"/api/exams/{EXAM}").json["status"] == "held"

    signed = signature.headers(SECRET, "c", int(time.time()), body)
    assert client.post("/signgate/call-back", data=body, headers=headers | signed).status_code == 200
    assert client.get(f"/api/exams/{EXAM}").json["status"] == "released"


@pytest.mark.parametrize(
    "wrong", [{"signer": "nobody"}, {"action": "delete"}, {"findings": None}, {"impression": 3}]
)
def test_a_wrong_sign_call_is_refused(client, wrong):
    assert sign(client, **wrong).status_code == 400


def test_unknown_things_are_404(client):
    for path in ("/api/exams/X", "/exams/X/sr", "/exams/X/images.json", f"/exams/{EXAM}/images/0.png"):
        assert client.get(path).status_code == 404
    assert client.post("/api/alerts/x/acknowledge", json={}).status_code == 404


def test_a_refusal_of_signgate_reaches_the_person(client, hooks):
    hooks.answer = CallRefused(409, "the gate is released")

    answer = sign(client)
    assert (answer.status_code, answer.json) == (409, {"error": "the gate is released"})


def test_a_silent_pacs_is_told_and_an_empty_one_too(client, gallery):
    assert "尚无本检查的质控 SR" in client.get(f"/exams/{EXAM}/sr").text
    gallery.silent = True
    assert client.get(f"/exams/{EXAM}/images.json").status_code == 502


def test_report_text_comes_back_as_it_was_written(client, hooks):
    hooks.answer = {"decision": "fix", "gate_id": "g", "reason": "blocking_issue"}
    text = "<script>alert(1)</script>\r\n龘𠮷"
    sign(client, findings=text)

    assert client.get(f"/api/exams/{EXAM}").json["findings"] == text.replace("\r\n", "\n")
