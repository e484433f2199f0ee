"""A whole SignGate in a process of its own, on free ports, as a site would run it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from plugin.hl7.answer import Answer
from plugin.hl7.client import Destination, MllpClient
from plugin.kit import signature
from tests.patience import PATIENCE_S
from tests.ports import free_ports


@dataclass
class SignGate:
    """One running process; `log` is its standard error."""

    process: subprocess.Popen[str]
    base: int
    data: Path
    log: Path
    ready: str

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.base + 1}"

    def mllp(self) -> MllpClient:
        patient = {"connect_s": PATIENCE_S, "answer_s": PATIENCE_S}
        return MllpClient(Destination(host="127.0.0.1", port=self.base, **patient))

    def send(self, message: bytes) -> Answer:
        with self.mllp() as client:
            answer = client.send(message)
        assert answer is not None
        return answer

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        """A signed call of the caller ``ris``."""
        secret = signature.decode_secret((self.data / "secrets" / "ris").read_text().strip())
        raw = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        call_id = uuid.uuid4().hex
        signed = signature.signed_body(method, path, raw)
        headers = signature.headers(secret, call_id, int(time.time()), signed)
        headers["Content-Type"] = "application/json"
        return requests.request(method, self.web + path, data=raw, headers=headers, timeout=PATIENCE_S)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE_S)

    def terminate(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)


def start(data: Path, base: int, *arguments: str) -> SignGate:
    """Start ``signgate serve`` and wait for its ready line."""
    log = data.parent / f"{data.name}.log"
    with log.open("a") as errors:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "plugin",
                "serve",
                "--data",
                str(data),
                "--port-base",
                str(base),
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line.startswith("ready "):
        process.kill()
        raise AssertionError(f"not ready: {line!r}\n{log.read_text()[-3000:]}")
    return SignGate(process, base, data, log, line.strip())


@contextmanager
def running(data: Path, *arguments: str) -> Iterator[SignGate]:
    """A SignGate that is gone at the end, however the test ends."""
    gate = start(data, free_ports(4), *arguments)
    try:
        yield gate
    finally:
        if gate.process.poll() is None:
            gate.kill()


def order(
    number: str, item: str = "胸部CT平扫", control_id: str = "", charset: str = "UNICODE UTF-8"
) -> bytes:
    """ORM^O01 of an invented patient."""
    lines = [
        rf"MSH|^~\&|HIS|H001|SIGNGATE|H001|20260601080000||ORM^O01|{control_id or 'O' + number}|P|2.4||||||{charset}",
        "PID|1||P1^^^H001||测试甲||19660101|M",
        "PV1|1|O|神经内科",
        f"ORC|NW|R{number}|{number}",
        f"OBR|1|R{number}|{number}|C01^{item}|||||||||头晕|||||||||||CT",
    ]
    return ("\r".join(lines) + "\r").encode(_codec(charset))


def report(
    number: str, findings: str, impression: str, control_id: str = "", charset: str = "UNICODE UTF-8"
) -> bytes:
    """ORU^R01, final."""
    lines = [
        rf"MSH|^~\&|RIS|H001|SIGNGATE|H001|20260601090000||ORU^R01|{control_id or 'U' + number}|P|2.4||||||{charset}",
        "PID|1||P1^^^H001||测试甲||19660101|M",
        f"OBR|1|R{number}|{number}|C01^胸部CT平扫|||20260601083000|||||||||||||||20260601090000||CT|F",
        f"OBX|1|TX|FINDING^影像描述&GDT||{findings}||||||F",
        f"OBX|2|TX|IMPRESSION^诊断结论&IMP||{impression}||||||F",
    ]
    return ("\r".join(lines) + "\r").encode(_codec(charset))


def _codec(charset: str) -> str:
    return "gb18030" if charset.startswith("GB") else "utf-8"
