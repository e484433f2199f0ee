"""A model server over a real socket that answers, lies, babbles, hangs, drips and breaks as it is told."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from plugin.analysers.panel import Panel, build_panel, declared_in
from plugin.analysers.protocol import AnalyserTools
from plugin.domain.analysis import AnalysisRequest
from plugin.domain.case import PriorExam

KEY = "whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
QUESTION = AnalysisRequest(
    request_id="0123456789abcdef",
    sex="M",
    age="72Y",
    modality="CT",
    exam_item="胸部CT平扫",
    findings="左肺上叶见结节𠮷，约 8 mm。",
    impression="右肺上叶结节。",
    priors=(PriorExam(impression="左肺上叶结节。", accession_number="A0"),),
)
REMARK: dict[str, Any] = {
    "rule": "wrong_side",
    "severity": "warning",
    "section": "impression",
    "start": 0,
    "end": 2,
    "text": "右肺",
    "message": "描述为左肺，结论为右肺。",
    "related": [{"section": "findings", "start": 0, "end": 2, "text": "左肺"}],
}
SILENT: dict[str, Any] = {"version": "2.1.0", "issues": []}


class ModelServer(http.server.ThreadingHTTPServer):
    """`answer` is sent as it is (bytes), as JSON, or made from the request by a function.

    Parameters
    ----------
    hangs
        Read the question and say nothing until the test is over.
    drip_s
        Pause after each byte of the answer.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.answer: Any = SILENT
        self.status, self.drip_s, self.hangs = 200, 0.0, False
        self.location = ""
        self.over = threading.Event()
        self.at_once = self.most_at_once = 0
        self.lock = threading.Lock()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Handler(http.server.BaseHTTPRequestHandler):
    server: ModelServer

    def do_POST(self) -> None:
        server = self.server
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with server.lock:
            server.at_once += 1
            server.most_at_once = max(server.most_at_once, server.at_once)
            server.bodies.append(body)
            server.asked.append(json.loads(body))
            server.headers.append({name.lower(): value for name, value in self.headers.items()})
        try:
            self._answer(json.loads(body))
        except OSError:
            return  # who asked has gone
        finally:
            with server.lock:
                server.at_once -= 1

    def _answer(self, asked: dict[str, Any]) -> None:
        server = self.server
        if server.hangs:
            server.over.wait()
            return
        answer = server.answer(asked) if callable(server.answer) else server.answer
        raw = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(server.status)
        if server.location:
            self.send_header("Location", server.location)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        if not server.drip_s:
            self.wfile.write(raw)
            return
        for byte in raw:
            if server.over.wait(server.drip_s):
                return
            self.wfile.write(bytes([byte]))
            self.wfile.flush()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@contextmanager
def model_server() -> Iterator[ModelServer]:
    server = ModelServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def written(file: Path, server: ModelServer, **changes: Any) -> Path:
    """``analysers.toml`` that asks this server."""
    keys: dict[str, Any] = {
        "name": "lungnet",
        "kind": "http",
        "enabled": True,
        "timeout_s": 60.0,
        "url": f"http://127.0.0.1:{server.port}/analyse",
        "allowed": [f"127.0.0.1:{server.port}"],
        "networks": ["127.0.0.0/8"],
        "plain_http": True,
        **changes,
    }
    lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
    file.write_text(f"[[analyser]]\n{lines}\n", encoding="utf-8")
    return file


def answer(**changes: Any) -> dict[str, Any]:
    """One remark to :data:`QUESTION`."""
    return {"version": "2.1.0", "issues": [{**REMARK, **changes}]}


def panel(folder: Path, server: ModelServer, clock: Callable[[], datetime], **changes: Any) -> Panel:
    """Asks this server, called ``lungnet``, as `changes` of the file would have it."""
    tools = AnalyserTools(secret={"lungnet": KEY}.__getitem__, clock=clock)
    return build_panel(declared_in(written(folder / "analysers.toml", server, **changes)), tools)
