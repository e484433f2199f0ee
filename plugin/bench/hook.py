"""The sign hook at 100 calls a second while HL7 comes in, beside a plain Flask view on SQLite.

The peer does one read and one insert in a synced transaction, on a connection a thread, and
checks nothing; ours reads the report, runs every rule, draws, and stores.
"""

from __future__ import annotations

import json
import textwrap
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from plugin.bench.contest import Contest
from plugin.bench.hl7 import oru
from plugin.bench.load import HttpPool, Latencies, offered
from plugin.bench.rules import unseen
from plugin.bench.servers import peer, signgate
from plugin.domain.errors import DeliveryFailed
from plugin.hl7.client import Destination, MllpClient
from plugin.kit import signature

RATE, SECONDS, HL7_RATE = 100.0, 5.0, 20.0

PEER = """
import sqlite3, sys, threading, uuid
from flask import Flask, request
from waitress import serve
app, local, path = Flask(__name__), threading.local(), sys.argv[1]

def connection():
    if not hasattr(local, "database"):
        local.database = sqlite3.connect(path, timeout=30, isolation_level=None)
        local.database.execute("pragma journal_mode=wal")
        local.database.execute("pragma synchronous=full")
        local.database.execute("create table if not exists event (id text primary key, body text)")
    return local.database

@app.post("/hooks/report-sign")
def sign():
    body, database = request.get_json(), connection()
    database.execute("begin immediate")
    database.execute("select body from event where id = ?", (body["event_id"],)).fetchone()
    database.execute("insert into event values (?, ?)", (body["event_id"], request.get_data(as_text=True)))
    database.execute("commit")
    return {"decision": "release"}

print("ready", flush=True)
serve(app, host="127.0.0.1", port=int(sys.argv[2]), threads=16)
"""


def contests(config_dir: Path, work_dir: Path) -> Iterator[Contest]:
    """p99 and median of the time to an answer."""
    with ExitStack() as stack:
        ours = stack.enter_context(_ours(config_dir, work_dir))
        plain = stack.enter_context(_plain(work_dir))
        reached: dict[str, Latencies] = {}

        def run(name: str, side: _Side, share: float) -> float:
            # The same load gives both figures: it is offered for the first, kept for the second.
            if share == 0.99 or name not in reached:
                reached[name] = side.offered()
            return reached[name].percentile(share) * 1000

        for share, label in ((0.99, "p99"), (0.5, "median")):
            yield Contest(
                name=f"hook {label}, {RATE:g}/s + HL7",
                unit="ms",
                runs={
                    "signgate (p99 goal 30 ms)": lambda s=share: run("ours", ours, s),  # type: ignore[misc]
                    "flask, waitress 16, sqlite": lambda s=share: run("plain", plain, s),  # type: ignore[misc]
                },
            )


class _Side:
    """One contestant: where it listens, how a call is signed, and its HL7 load."""

    def __init__(self, port: int, secret: bytes = b"", mllp_port: int = 0) -> None:
        self._http = HttpPool("127.0.0.1", port)
        self._secret, self._mllp_port = secret, mllp_port

    def offered(self) -> Latencies:
        stop = threading.Event()
        feeder = threading.Thread(target=self._feed, args=(stop,), daemon=True)
        if self._mllp_port:
            feeder.start()
        found = offered(self._call, RATE, SECONDS)
        stop.set()
        if self._mllp_port:
            feeder.join(10)
        return found

    def _call(self, _: int) -> None:
        number = uuid.uuid4().hex
        findings, impression = unseen(number)
        body = json.dumps(
            {
                "event_id": number,
                "action": "verify",
                "accession_number": number[:16],
                "signer": {"id": "D7", "name": "测试医师庚", "role": "senior"},
                "report": {
                    "patient": {"patient_id": number[:8], "name": "测试甲", "sex": "M", "age": "063Y"},
                    "exam": {"accession_number": number[:16], "modality": "CT", "exam_item": "胸部CT平扫"},
                    "findings": findings,
                    "impression": impression,
                },
            },
            ensure_ascii=False,
        ).encode()
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers |= signature.headers(self._secret, number, int(time.time()), body)
        self._http.post("/hooks/report-sign", body, headers)

    def _feed(self, stop: threading.Event) -> None:
        with MllpClient(Destination(host="127.0.0.1", port=self._mllp_port)) as client:
            while not stop.wait(1 / HL7_RATE):
                try:
                    client.send(oru(uuid.uuid4().hex[:16]))
                except DeliveryFailed:
                    return


@contextmanager
def _ours(config_dir: Path, work_dir: Path) -> Iterator[_Side]:
    data = work_dir / "data"
    with signgate(config_dir, data) as running:
        secret = signature.decode_secret((data / "secrets" / "ris").read_text().strip())
        yield _Side(running.port + 1, secret, running.port)


@contextmanager
def _plain(work_dir: Path) -> Iterator[_Side]:
    with peer(work_dir, "flask", textwrap.dedent(PEER)) as port:
        yield _Side(port)
