"""From the last byte of an ORU to its alert on the first channel, while 200 reports a second come in.

The channel is a webhook on loopback.  One report in twenty holds a fresh haemorrhage; all
others are sound.  There is no peer: the goal is p99 under one second.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import shutil
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from plugin.bench.contest import Contest
from plugin.bench.load import Latencies
from plugin.bench.rules import unseen
from plugin.bench.servers import signgate
from plugin.hl7.client import Destination, MllpClient

RATE, SECONDS, CONNECTIONS, ONE_IN = 200.0, 10.0, 16, 20
SETTLE_S = 15.0

BLEEDING = ("左侧基底节区见团片状高密度影，CT值约65HU，周围见低密度水肿带。", "左侧基底节区急性脑出血。")

CHANNEL = """
[[channel]]
kind = "webhook"
name = "bench"
url = "http://127.0.0.1:{port}/"
allowed = ["127.0.0.1:{port}"]
networks = ["127.0.0.0/8"]
plain_http = true
leaves_hospital = false
secret = "bench"
"""


def contests(config_dir: Path, work_dir: Path) -> Iterator[Contest]:
    """p99, median and worst of the time to the channel; the worst also counts what never came."""
    with _channel() as (port, heard), _ours(config_dir, work_dir, port) as mllp_port:
        reached: dict[str, Latencies] = {}
        rates: list[float] = []

        def run(share: float) -> float:
            # One load gives all three figures: it is offered for the first, kept for the others.
            if share == 0.99 or "ours" not in reached:
                reached["ours"], rate = _offered(mllp_port, heard)
                rates.append(rate)
            return reached["ours"].percentile(share) * 1000

        for share, label in ((0.99, "p99"), (0.5, "median"), (1.0, "worst")):
            yield Contest(
                name=f"alert {label}, {RATE:g} ORU/s",
                unit="ms",
                runs={"signgate (p99 goal 1000 ms)": lambda s=share: run(s)},  # type: ignore[misc]
            )

        # A machine that cannot take so many says so here, and not by flattering latencies.
        yield Contest(
            name="alert, ORU/s acknowledged",
            unit="messages/s",
            runs={f"signgate ({RATE:g} offered)": lambda: rates[-1]},
            larger_is_better=True,
        )


def _offered(mllp_port: int, heard: dict[str, float]) -> tuple[Latencies, float]:
    """Times to the channel, and how many reports a second were acknowledged."""
    sent: dict[str, float] = {}
    due: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def feed() -> None:
        with MllpClient(Destination(host="127.0.0.1", port=mllp_port)) as client:
            while (number := due.get()) is not None:
                accession = uuid.uuid4().hex[:16]
                critical = number % ONE_IN == 0
                message = _report(accession, *(BLEEDING if critical else unseen(accession)))
                if critical:
                    # The clock starts before the first byte leaves: never to our advantage.
                    sent[accession] = time.perf_counter()
                client.send(message)

    threads = [threading.Thread(target=feed, daemon=True) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    begin = time.perf_counter()
    for number in range(int(RATE * SECONDS)):
        time.sleep(max(0.0, begin + number / RATE - time.perf_counter()))
        due.put(number)
    for _ in threads:
        due.put(None)
    for thread in threads:
        thread.join(SETTLE_S)
    rate = RATE * SECONDS / (time.perf_counter() - begin)
    until = time.perf_counter() + SETTLE_S
    while time.perf_counter() < until and not heard.keys() >= sent.keys():
        time.sleep(0.05)
    times = sorted(heard.get(each, at + SETTLE_S) - at for each, at in sent.items())
    return Latencies(tuple(times)), rate


def _report(number: str, findings: str, impression: str) -> bytes:
    return (
        f"MSH|^~\\&|RIS|H001|SIGNGATE|H001|20260601090000||ORU^R01|{number}|P|2.4||||||UNICODE UTF-8\r"
        f"PID|1||P{number}^^^H001||测试甲||19660101|M\r"
        f"OBR|1|R{number}|{number}|C01^头颅CT平扫|||20260601083000|||||||||||||||20260601090000||CT|F\r"
        f"OBX|1|TX|FINDING^影像描述&GDT||{findings}||||||F\r"
        f"OBX|2|TX|IMPRESSION^诊断结论&IMP||{impression.replace(chr(10), '')}||||||F\r"
    ).encode()


@contextmanager
def _channel() -> Iterator[tuple[int, dict[str, float]]]:
    """A webhook that notes when it heard of which examination."""
    heard: dict[str, float] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            at = time.perf_counter()
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            heard.setdefault(body["data"]["fields"]["accession_number"], at)
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port, heard
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def _ours(config_dir: Path, work_dir: Path, port: int) -> Iterator[int]:
    config, data = work_dir / "config", work_dir / "data"
    shutil.copytree(config_dir, config)
    (config / "notify.toml").write_text(CHANNEL.format(port=port), encoding="utf-8")
    (data / "secrets").mkdir(parents=True, mode=0o700)
    (data / "secrets" / "bench").write_text("whsec_" + base64.b64encode(os.urandom(32)).decode())
    with signgate(config, data) as running:
        yield running.port
