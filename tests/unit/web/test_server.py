from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import requests
from patience import PATIENCE_S, until

from plugin.web.server import WebServer
from plugin.web.settings import WebSettings


class SlowApp:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.began, self.go_on = threading.Event(), threading.Event()

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        self.began.set()
        assert self.go_on.wait(PATIENCE_S)
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]


def listens(address: tuple[str, int]) -> bool:
    try:
        with socket.create_connection(address, PATIENCE_S):
            return True
    except (ConnectionRefusedError, ConnectionResetError):  # the latter: closed while it was in the queue
        return False


def test_a_request_at_work_is_answered_and_nothing_else_is_taken(caplog: pytest.LogCaptureFixture) -> None:
    app, answers, others = SlowApp(), [], set(threading.enumerate())
    server = WebServer(app, WebSettings(port=0))
    server.start()
    url = "http://{}:{}/".format(*server.address)
    caller = threading.Thread(target=lambda: answers.append(requests.get(url, timeout=PATIENCE_S).text))
    caller.start()
    assert app.began.wait(PATIENCE_S)
    stopper = threading.Thread(target=server.stop, args=(PATIENCE_S,))
    with caplog.at_level(logging.INFO, "waitress"):
        stopper.start()
        while listens(server.address):
            time.sleep(0.01)
        app.go_on.set()
        stopper.join(PATIENCE_S)
        caller.join(PATIENCE_S)
    assert answers == ["done"]
    assert not [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    until(lambda: not set(threading.enumerate()) - others)


def test_a_connection_kept_alive_holds_nothing_up() -> None:
    app, others = SlowApp(), set(threading.enumerate())
    app.go_on.set()
    server = WebServer(app, WebSettings(port=0))
    server.start()
    with requests.Session() as session:
        assert session.get("http://{}:{}/".format(*server.address), timeout=PATIENCE_S).text == "done"
        server.stop()
        until(lambda: not set(threading.enumerate()) - others)


def test_one_that_never_served_can_be_stopped() -> None:
    server = WebServer(SlowApp(), WebSettings(port=0))
    server.stop()
    assert not listens(server.address)
