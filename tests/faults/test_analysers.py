"""A model server that hangs, and then answers, beside a whole running SignGate."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from analyser_server import model_server, written
from patience import until

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
        written(config / "analysers.toml", model, parallel=1)
        with running(tmp_path / "data", "--config", str(config)) as gate:
            assert gate.send(order("A1")).code == "AA"
            assert gate.send(report("A1", FINDINGS, IMPRESSION)).code == "AA"
            until(lambda: model.asked)
            assert gate.send(report("A2", FINDINGS, IMPRESSION)).code == "AA"
            event = {"event_id": "e1", "action": "verify", "accession_number": "A1",
                     "signer": {"id": "D7", "name": "王五", "role": "senior"}}  # fmt: skip
            answer = gate.call("POST", "/hooks/report-sign", event).json()
            assert not model.over.is_set(), "the model still hangs"
            assert "lungnet:unclear" not in {issue["rule"] for issue in answer["issues"]}

            model.answer = {"version": "7", "issues": [REMARK]}
            model.hangs = False
            model.over.set()

            def remark() -> dict[str, Any] | None:
                again = gate.call("POST", "/hooks/report-sign", {**event, "event_id": f"e{time.time_ns()}"})
                return next(
                    (each for each in again.json()["issues"] if each["rule"] == "lungnet:unclear"), None
                )

            found = until(remark, pause_s=0.3)
            assert found is not None
            assert found["analyser"] == {"name": "lungnet", "version": "7"}
