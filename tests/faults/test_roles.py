"""Several processes on one PostgreSQL: a door each and the deliveries; one of them dies and is replaced."""

from __future__ import annotations

import http.server
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest
from postgres import PostgresServer, postgres_server

from tests.patience import PATIENCE_S, until
from tests.ports import free_ports
from tests.running import SignGate, order, report, running, start

pytestmark = pytest.mark.slow

CONFIG = Path(__file__).resolve().parents[2] / "config"
BLEEDING = (
    "左侧基底节区见团片状高密度影，大小约32mm×25mm，CT值约65HU，周围见低密度水肿带，中线结构右移约6mm。",
    "左侧基底节区脑出血。",
)


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture
def told() -> Iterator[tuple[str, list[bytes]]]:
    """A call-back address, and what arrives there."""
    arrived: list[bytes] = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            arrived.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/released", arrived
    server.shutdown()


def site(folder: Path, url: str, call_back: str) -> Path:
    """The shipped configuration on PostgreSQL, with everything drawn and the RIS called back."""
    shutil.copytree(CONFIG, folder)
    settings = folder / "site.toml"
    text = settings.read_text(encoding="utf-8").replace('url = ""', f'url = "{url}"', 1)
    text = text.replace('call_back = ""', f'call_back = "{call_back}"', 1)
    settings.write_text(text, encoding="utf-8")
    gate = folder / "gate.toml"
    gate.write_text(re.sub(r"(?m)^p = .*$", "p = 1.0", gate.read_text(encoding="utf-8")), encoding="utf-8")
    return folder


def test_a_door_a_process_and_the_deliveries_survive_a_kill(
    tmp_path: Path, postgres: PostgresServer, told: tuple[str, list[bytes]]
) -> None:
    url, (call_back, arrived) = postgres.new_database(), told
    config = site(tmp_path / "config", url, call_back)
    data, base = tmp_path / "data", free_ports(4)
    roles: dict[str, SignGate] = {}

    def launch(role: str) -> SignGate:
        return start(data, base, "--config", str(config), "--only", role)

    with ExitStack() as stack:
        # All at once: the schema is made by one of them, and the others wait for it.
        threads = [
            threading.Thread(target=lambda role=role: roles.update({role: launch(role)}))
            for role in ("hl7", "web", "dimse", "delivery")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
        for gate in roles.values():
            stack.callback(gate.kill)
        assert set(roles) == {"hl7", "web", "dimse", "delivery"}
        assert roles["hl7"].ready == f"ready hl7=127.0.0.1:{base}"
        assert roles["web"].ready == f"ready web=http://127.0.0.1:{base + 1}"
        assert roles["delivery"].ready == "ready delivery"

        assert roles["hl7"].send(order("D1", "头颅CT平扫")).code == "AA"
        assert roles["hl7"].send(report("D1", *BLEEDING)).code == "AA"
        with psycopg.connect(url) as database:
            alerts = database.execute(
                "select code, state from alerts where accession_number = 'D1'"
            ).fetchall()
        assert [code for code, _ in alerts] == ["ICH"]

        roles["delivery"].kill()
        signer = {"id": "D7", "name": "测试医师庚", "role": "senior"}
        event = {"event_id": "e1", "action": "verify", "accession_number": "D1", "signer": signer}
        answer = roles["web"].call("POST", "/hooks/report-sign", event).json()
        assert answer["decision"] == "hold"
        reason = {"actor": "D7", "reason": "演练"}
        path = f"/hooks/report-sign/{answer['gate_id']}/override"
        assert roles["web"].call("POST", path, reason).status_code == 200
        assert not arrived, "nobody was there to call the RIS back"
        again = launch("delivery")
        stack.callback(again.kill)
        until(lambda: arrived)
        assert answer["gate_id"].encode() in arrived[0]
        for role in ("hl7", "web", "dimse"):
            assert roles[role].terminate() == 0
        assert again.terminate() == 0


def test_a_new_policy_is_live_on_all_nodes_at_once(
    tmp_path: Path, postgres: PostgresServer, told: tuple[str, list[bytes]]
) -> None:
    config = site(tmp_path / "config", postgres.new_database(), told[0])
    data = tmp_path / "data"
    web = ("--config", str(config), "--only", "web")
    with ExitStack() as stack:
        nodes = [start(data, free_ports(4), *web) for _ in range(2)]
        for node in nodes:
            stack.callback(node.kill)

        def asked(node: SignGate, number: str) -> dict[str, Any]:
            event = {
                "event_id": number,
                "action": "verify",
                "accession_number": number,
                "signer": {"id": f"D{number}", "name": "测试医师庚", "role": "senior"},
                "report": {
                    "patient": {"patient_id": number, "name": "测试甲", "sex": "M", "age": "060Y"},
                    "exam": {"accession_number": number, "modality": "CT", "exam_item": "胸部CT平扫"},
                    "findings": "双肺纹理清晰，未见实变影。",
                    "impression": "胸部CT平扫未见明显异常。",
                },
            }
            answer: dict[str, Any] = node.call("POST", "/hooks/report-sign", event).json()
            return answer

        assert [asked(node, f"N{n}")["decision"] for n, node in enumerate(nodes)] == ["hold", "hold"]
        policy = tmp_path / "policy.toml"
        policy.write_text('[[policy]]\nname = "不抽"\np = 0.0\n', encoding="utf-8")
        put = [
            "sampling",
            "set",
            str(policy),
            "--author",
            "QC1",
            "--config",
            str(config),
            "--data",
            str(data),
        ]
        subprocess.run(
            [sys.executable, "-m", "plugin", *put], check=True, stdout=subprocess.DEVNULL, timeout=PATIENCE_S
        )
        answers = [asked(node, f"M{n}") for n, node in enumerate(nodes)]
        assert [(each["decision"], each["policy_version"]) for each in answers] == [("release", 2)] * 2


def test_a_role_of_its_own_is_refused_on_sqlite(tmp_path: Path) -> None:
    with (
        pytest.raises(AssertionError, match="--only hl7 needs PostgreSQL"),
        running(tmp_path / "data", "--only", "hl7"),
    ):
        pass
