"""Load at a fixed rate, and over kept connections."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from patience import PATIENCE_S

from plugin.bench.load import HttpPool, Latencies, offered


def test_every_call_is_made_and_a_slow_answer_delays_no_other_start() -> None:
    started: list[int] = []
    last_has_started = threading.Event()

    def call(number: int) -> None:
        started.append(number)
        if number == 0:
            assert last_has_started.wait(PATIENCE_S), "the others waited for the first"
        elif number == 19:
            last_has_started.set()

    took = offered(call, rate=100, seconds=0.2, threads=4)
    assert sorted(started) == list(range(20))
    assert len(took.seconds) == 20, "the first call went well too"
    assert took.seconds == tuple(sorted(took.seconds))
    assert took.percentile(0.99) >= 0.19, "the first was answered when the last was due"


def test_percentiles_are_of_what_was_measured() -> None:
    took = Latencies(tuple(map(float, range(100))))
    assert [took.percentile(share) for share in (0.0, 0.5, 0.99, 1.0)] == [0.0, 50.0, 99.0, 99.0]


@contextmanager
def echo() -> Iterator[tuple[int, set[tuple[str, int]]]]:
    """An HTTP server that answers with the body; its port, and the connections that were made."""
    peers: set[tuple[str, int]] = set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            peers.add(self.client_address)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(503 if self.path == "/busy" else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, peers
    finally:
        server.shutdown()
        server.server_close()


def test_a_thread_keeps_its_connection() -> None:
    with echo() as (port, peers):
        pool = HttpPool("127.0.0.1", port)
        assert [pool.post("/", body, {}) for body in (b"a", b"b", b"c")] == [b"a", b"b", b"c"]
        assert len(peers) == 1


def test_a_refusal_is_no_figure() -> None:
    with echo() as (port, _), pytest.raises(RuntimeError, match="/busy answered 503"):
        HttpPool("127.0.0.1", port).post("/busy", b"x", {})
