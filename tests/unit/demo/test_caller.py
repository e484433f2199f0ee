"""Signatures and MLLP as a vendor would write them, against a listener that checks them."""

from __future__ import annotations

import json
import socket
import threading
import time

import pytest
import requests
from patience import PATIENCE_S
from ports import free_port

from plugin.demo.caller import HookCaller, MllpLine
from plugin.demo.listener import CallBackListener
from plugin.domain.errors import NotAuthentic
from plugin.kit import signature

SECRET = b"s" * 32


@pytest.fixture
def listener():
    port = free_port()
    with CallBackListener("127.0.0.1", port, HookCaller("", SECRET)) as listening:
        yield listening, f"http://127.0.0.1:{port}/signgate/call-back"


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    session = requests.Session()
    session.trust_env = False
    return session.post(url, data=body, headers=headers, timeout=PATIENCE_S).status_code


def test_an_authentic_call_back_is_taken(listener):
    listening, url = listener
    body = json.dumps({"gate_id": "g"}).encode()

    assert post(url, body, signature.headers(SECRET, "c1", int(time.time()), body)) == 204
    assert listening.next(PATIENCE_S) == {"gate_id": "g"}


@pytest.mark.parametrize(
    ("secret", "age_s", "sent"),
    [(b"x" * 32, 0, b"{}"), (SECRET, 600, b"{}"), (SECRET, 0, b'{"gate_id": "other"}')],
    ids=["other secret", "stale", "changed body"],
)
def test_a_forged_call_back_is_refused(listener, secret, age_s, sent):
    listening, url = listener

    assert post(url, sent, signature.headers(secret, "c1", int(time.time()) - age_s, b"{}")) == 401
    assert listening.next(0.05) is None


def test_verify_tells_a_missing_header():
    with pytest.raises(NotAuthentic):
        HookCaller("", SECRET).verify({}, b"{}")


def test_an_ack_in_pieces_is_read_whole_and_the_line_is_kept():
    server = socket.create_server(("127.0.0.1", 0))
    seen: list[bytes] = []

    def answer() -> None:
        peer, _ = server.accept()
        with peer:
            for number in (b"1", b"2"):
                received = b""
                while not received.endswith(b"\x1c\r"):
                    received += peer.recv(1000)
                seen.append(received)
                for piece in (b"\x0bMSA|AA|", number, b"\x1c", b"\r"):
                    peer.sendall(piece)
                    time.sleep(0.01)

    thread = threading.Thread(target=answer)
    thread.start()
    with MllpLine("127.0.0.1", server.getsockname()[1], timeout_s=PATIENCE_S) as line:
        assert line.send("姓名".encode()) == b"MSA|AA|1"
        assert line.send(b"two") == b"MSA|AA|2"
    thread.join()
    server.close()
    assert seen == ["\x0b姓名\x1c\r".encode(), b"\x0btwo\x1c\r"]


def test_a_connection_that_closes_before_the_ack_is_an_error_and_the_next_opens_another():
    server = socket.create_server(("127.0.0.1", 0))

    def hang_up() -> None:
        peer, _ = server.accept()
        peer.recv(1000)
        peer.close()

    thread = threading.Thread(target=hang_up)
    thread.start()
    line = MllpLine("127.0.0.1", server.getsockname()[1], timeout_s=PATIENCE_S)
    with pytest.raises(OSError, match="closed"):
        line.send(b"one")
    thread.join()
    server.close()
