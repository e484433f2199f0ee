"""The signed call, over a real socket: where it goes, what it says, what stops it."""

import http.server
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import ValidationError

from plugin.domain.errors import DeliveryFailed
from plugin.domain.notice import Notice, Occasion
from plugin.kit import signature
from plugin.notify.tools import Tools
from plugin.notify.webhook import WebhookOptions, send_webhook


class Receiver(http.server.ThreadingHTTPServer):
    """Keeps what was posted; answers as told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[str, dict[str, str], bytes]] = []
        self.status, self.answer, self.headers, self.pause_s = 200, b"{}", {}, 0.0

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        sent = {name.lower(): value for name, value in self.headers.items()}
        self.server.calls.append((self.path, sent, body))
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        for byte in self.server.answer:
            time.sleep(self.server.pause_s)
            try:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
            except OSError:
                return

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def options(receiver: Receiver, **changes: object) -> WebhookOptions:
    given: dict[str, object] = {
        "url": f"http://robot.test:{receiver.port}/notify?key=1",
        "allowed": (f"robot.test:{receiver.port}",),
        "networks": ("127.0.0.0/8",),
        "secret": "robot",
        "plain_http": True,
        "timeout_s": 30.0,
    }
    return WebhookOptions.model_validate({**given, **changes})


@pytest.fixture
def here(tools: Tools) -> Tools:
    """Every name lies on this machine."""
    return replace(tools, resolve=lambda host, port: ["127.0.0.1"])


def test_the_call_is_signed_and_names_nobody(receiver: Receiver, here: Tools, notice: Notice, clock) -> None:
    assert send_webhook(options(receiver), here, notice) is False
    [(path, sent, body)] = receiver.calls
    key = signature.decode_secret(here.secret("robot"))
    call_id, _ = signature.verify([key], sent, body, clock().timestamp())
    assert (path, sent["host"]) == ("/notify?key=1", f"robot.test:{receiver.port}")
    assert call_id == "0123456789abcdef.raised.0"
    said = json.loads(body)
    assert said["type"] == "signgate.alert.raised"
    assert said["data"]["tier"] == "red"
    for private in ("测试患者甲", "P0001", "ZY12345", "ACC-77", "大量气胸"):
        assert private not in body.decode()


def test_inside_the_hospital_it_says_who(receiver: Receiver, here: Tools, notice: Notice) -> None:
    send_webhook(options(receiver, leaves_hospital=False), here, notice)
    assert json.loads(receiver.calls[0][2])["data"]["fields"]["name"] == "测试患者甲"


def test_a_second_attempt_is_the_same_call(receiver: Receiver, here: Tools, notice: Notice) -> None:
    for _ in range(2):
        send_webhook(options(receiver), here, notice)
    send_webhook(options(receiver), here, replace(notice, occasion=Occasion.REVOKED))
    ids = [sent["webhook-id"] for _, sent, _ in receiver.calls]
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize(("body", "path"), [("wecom", ("text", "content")), ("feishu", ("content", "text"))])
def test_a_robot_gets_plain_text(receiver: Receiver, here: Tools, notice: Notice, body: str, path) -> None:
    receiver.answer = b'{"errcode": 0}'
    send_webhook(options(receiver, body=body), here, notice)
    said = json.loads(receiver.calls[0][2])
    assert "红色危急值" in said[path[0]][path[1]]


def test_a_robot_that_says_200_and_means_no_has_failed(
    receiver: Receiver, here: Tools, notice: Notice
) -> None:
    receiver.answer = b'{"errcode": 93000, "errmsg": "invalid webhook url"}'
    with pytest.raises(DeliveryFailed, match="93000"):
        send_webhook(options(receiver, body="wecom"), here, notice)


@pytest.mark.parametrize(("status", "retry"), [(500, True), (404, True), (302, False)])
def test_an_answer_that_is_no_success_is_a_failure(
    receiver: Receiver, here: Tools, notice: Notice, status: int, retry: bool
) -> None:
    receiver.status, receiver.headers = status, {"Location": f"http://127.0.0.1:{receiver.port}/elsewhere"}
    with pytest.raises(DeliveryFailed, match=str(status)) as caught:
        send_webhook(options(receiver), here, notice)
    assert caught.value.retry is retry
    assert len(receiver.calls) == 1


def test_a_receiver_that_drips_is_left_in_time(receiver: Receiver, here: Tools, notice: Notice) -> None:
    receiver.answer, receiver.pause_s = b"x" * 100, 0.1
    with pytest.raises(DeliveryFailed, match="no whole answer in time"):
        send_webhook(options(receiver, timeout_s=0.5, body="wecom"), here, notice)


def test_a_closed_port_fails_at_once(receiver: Receiver, here: Tools, notice: Notice) -> None:
    wanted = options(receiver, url="http://robot.test:9/", allowed=("robot.test:9",))
    with pytest.raises(DeliveryFailed, match="cannot be called") as caught:
        send_webhook(wanted, here, notice)
    assert caught.value.retry


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "0.0.0.0", "::ffff:127.0.0.1"],
)
def test_a_name_that_leads_inside_is_not_followed(
    receiver: Receiver, tools: Tools, notice: Notice, address: str
) -> None:
    led = replace(tools, resolve=lambda host, port: [address])
    with pytest.raises(DeliveryFailed, match="no allowed address") as caught:
        send_webhook(options(receiver, networks=()), led, notice)
    assert not caught.value.retry
    assert receiver.calls == []


def test_link_local_is_not_allowed_even_when_listed(receiver: Receiver, tools: Tools, notice: Notice) -> None:
    led = replace(tools, resolve=lambda host, port: ["169.254.169.254"])
    with pytest.raises(DeliveryFailed, match="no allowed address"):
        send_webhook(options(receiver, networks=("169.254.0.0/16",)), led, notice)


def test_the_address_that_was_checked_is_the_one_called(
    receiver: Receiver, tools: Tools, notice: Notice
) -> None:
    answers = iter([["127.0.0.1"], ["10.9.9.9"]])
    rebound = replace(tools, resolve=lambda host, port: next(answers))
    send_webhook(options(receiver), rebound, notice)
    assert len(receiver.calls) == 1


def test_a_name_without_address_may_be_tried_again(receiver: Receiver, tools: Tools, notice: Notice) -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError("no such host")

    with pytest.raises(DeliveryFailed, match="has no address") as caught:
        send_webhook(options(receiver), replace(tools, resolve=nowhere), notice)
    assert caught.value.retry


@pytest.mark.parametrize(
    "changes",
    [
        {"url": "http://a.test/"},
        {"url": "file:///etc/passwd"},
        {"url": "gopher://a.test/"},
        {"url": "https://a.test:8443/"},
        {"url": "https://user:word@a.test/"},
        {"url": "https:///x"},
        {"networks": ("10.0.0.1/8",)},
        {"timeout_s": 0},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        WebhookOptions.model_validate(
            {"url": "https://a.test/", "allowed": ("a.test:443",), "secret": "s", **changes}
        )
