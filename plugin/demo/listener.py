"""The RIS's ear for the automatic journey: a small HTTP listener that checks who calls back."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from types import TracebackType
from typing import Any

from plugin.demo.caller import HookCaller
from plugin.domain.errors import NotAuthentic

_LARGEST = 64 * 1024


class CallBackListener:
    """Listens on loopback and keeps authentic call-backs in the order they came."""

    def __init__(self, host: str, port: int, verifier: HookCaller) -> None:
        self._calls: Queue[dict[str, Any]] = Queue()
        calls = self._calls

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(min(int(self.headers.get("content-length") or 0), _LARGEST))
                try:
                    verifier.verify(dict(self.headers.items()), body)
                    calls.put(json.loads(body))
                except (NotAuthentic, ValueError):
                    self.send_error(401)
                    return
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: the journey prints what it observed."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> CallBackListener:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def next(self, timeout_s: float) -> dict[str, Any] | None:
        """The next call-back, ``None`` when none comes in time."""
        try:
            return self._calls.get(timeout=timeout_s)
        except Empty:
            return None
