"""A model server that hangs, and then answers, beside a whole running SignGate."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
from analyser_server import ModelServer, model_server, written

from tests.conftest import ROOT
from tests.running import order, report, running

pytestmark = pytest.mark.slow

FINDINGS, IMPRESSION = "双肺纹理清晰，未见实变影。", "胸部CT平扫未见明显异常。"
REMARK = {
    "rule": "unclear",
    "severity": "warning",
    "section": "findings",
    "start": 0,
    "end": 2,
    "text": "双肺",
    "message": "建议复核双肺。",
}


def test_acknowledgement_and_hook_wait_for_no_analyser_and_its_issues_come_later(tmp_path: Path) -> None:
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    with model_server() as model:
        model.hangs = True
        written(config / "analysers.toml", model, timeout_s=20.0, parallel=1)
        with running(tmp_path / "data", "--config", str(config)) as gate:
            started = time.monotonic()
            assert gate.send(order("A1")).code == "AA"
            assert gate.send(report("A1", FINDINGS, IMPRESSION)).code == "AA"
            asked_within(model, 10)
            assert gate.send(report("A2", FINDINGS, IMPRESSION)).code == "AA"
            event = {"event_id": "e1", "action": "verify", "accession_number": "A1",
                     "signer": {"id": "D7", "name": "王五", "role": "senior"}}  # fmt: skip
            answer = gate.call("POST", "/hooks/report-sign", event).json()
            # Far less than the twenty seconds that the model may take, on however busy a machine.
            assert time.monotonic() - started < 18
            assert "lungnet:unclear" not in {issue["rule"] for issue in answer["issues"]}

            model.answer = {"version": "7", "issues": [REMARK]}
            model.hangs = False
            model.over.set()
            for _ in range(100):
                again = gate.call("POST", "/hooks/report-sign", {**event, "event_id": f"e{time.time_ns()}"})
                rules = {issue["rule"]: issue for issue in again.json()["issues"]}
                if "lungnet:unclear" in rules:
                    break
                time.sleep(0.3)
            assert rules["lungnet:unclear"]["analyser"] == {"name": "lungnet", "version": "7"}


def asked_within(model: ModelServer, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not model.asked:
        assert time.monotonic() < deadline, "nobody asked the model"
        time.sleep(0.05)
