"""What is refused before the app has seen it looks like every other refusal."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from conftest import StoppedClock
from patience import PATIENCE_S
from web_house import TOKEN, web_house

from plugin.web.server import WebServer
from plugin.web.settings import WebSettings

LIMIT = 64 * 1024


@pytest.fixture
def address(tmp_path: Path, clock: StoppedClock) -> Iterator[tuple[str, int]]:
    """The app behind its server; both take 64 KiB."""
    with web_house(tmp_path, clock, p=0.0) as house:
        house.app.config["MAX_CONTENT_LENGTH"] = LIMIT
        server = WebServer(house.app, WebSettings(port=0, max_body_kb=64))
        server.start()
        yield server.address
        server.stop()


def raw(address: tuple[str, int], *sent: bytes) -> tuple[bytes, bytes]:
    """Send all, and only then listen: head and body of the answer."""
    with socket.create_connection(address, PATIENCE_S) as line:
        for each in sent:
            line.sendall(each)
        answer = b""
        while piece := line.recv(65536):
            answer += piece
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


def posted(address: tuple[str, int], path: str, size: int, **headers: str) -> requests.Response:
    url = "http://{}:{}{}".format(*address, path)
    return requests.post(url, b"x" * size, headers=headers, timeout=PATIENCE_S)


@pytest.mark.parametrize(
    "path", ["/api/v1/check-reports", "/hooks/report-sign", "/qc", "/console/sign-in", "/no"]
)
def test_a_body_over_the_limit_is_a_problem_on_every_route(address: tuple[str, int], path: str) -> None:
    answer = posted(address, path, LIMIT + 1, Accept="application/json")
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    told = answer.json()
    assert (told["status"], told["type"]) == (413, "urn:signgate:problem:request-entity-too-large")
    assert str(LIMIT) in told["detail"]


def test_a_person_sees_a_page(address: tuple[str, int]) -> None:
    answer = posted(address, "/console/sign-in", LIMIT + 1, Accept="text/html")
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "提交的内容过大" in answer.text


def test_a_body_as_long_as_the_limit_is_taken(address: tuple[str, int]) -> None:
    body = b'{"findings": "' + b"x" * (LIMIT - 16) + b'"}'
    url = "http://{}:{}/api/v1/check-reports".format(*address)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    assert len(body) == LIMIT
    assert requests.post(url, body, headers=headers, timeout=PATIENCE_S).status_code == 200


def test_who_sends_all_before_he_listens_hears_the_answer(address: tuple[str, int]) -> None:
    size = 4 * 1024 * 1024
    head = f"POST /api/v1/check-reports HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n\r\n".encode()
    answer, body = raw(address, head, b"x" * size)
    assert b" 413 " in answer.split(b"\r\n", 1)[0]
    assert b"connection: close" in answer.lower()
    assert json.loads(body)["status"] == 413


def test_who_waits_for_leave_is_told_at_once(address: tuple[str, int]) -> None:
    head = b"POST /hooks/report-sign HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\nExpect: 100-continue\r\n\r\n"
    answer, body = raw(address, head)
    assert b" 413 " in answer.split(b"\r\n", 1)[0]
    assert json.loads(body)["status"] == 413


def test_chunks_beyond_the_limit_are_a_problem(address: tuple[str, int]) -> None:
    head = b"POST /hooks/report-sign HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    # Not a byte more than it takes to be refused: what is left unread cuts the line.
    size = b"20000\r\n"
    answer, body = raw(address, head, size, b"x" * (LIMIT + 1 - len(size)))
    assert b" 413 " in answer.split(b"\r\n", 1)[0]
    assert json.loads(body)["status"] == 413


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\nHost: x\r\nNo colon here\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: ".ljust(32 * 1024, b"y"), 431),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
    ],
)
def test_what_has_no_path_is_a_problem_too(address: tuple[str, int], request_: bytes, status: int) -> None:
    answer, body = raw(address, request_)
    assert f" {status} ".encode() in answer.split(b"\r\n", 1)[0]
    assert b"application/problem+json" in answer
    assert json.loads(body)["status"] == status
