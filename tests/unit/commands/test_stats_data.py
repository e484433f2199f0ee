"""``signgate stats data``: the figures of DB50 7.1, and the cases behind them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import StoppedClock
from web_house import REPORT, web_house

from plugin.commands.stats import command


@pytest.fixture
def data(tmp_path: Path, clock: StoppedClock) -> Path:
    """A report that came three days after its examination."""
    folder = tmp_path / "data"
    late = {**REPORT, "report": {**REPORT["report"], "reported_at": "2026-06-04 08:30:00"}}
    with web_house(folder, clock) as house:
        house.call("POST", "/hooks/report-sign", {
            "event_id": "click-1", "action": "verify", "accession_number": "A1",
            "signer": {"id": "D7", "name": "王五", "role": "senior"}, "report": late,
        })  # fmt: skip
    return folder


def run(data: Path, *arguments: str) -> bytes:
    told = CliRunner().invoke(command, ["data", "--data", str(data), *arguments])
    assert told.exit_code == 0, told.output
    return told.stdout_bytes


def test_a_month_has_its_figures_and_every_case_behind_them(data: Path) -> None:
    found = json.loads(run(data, "--month", "2026-06", "--format", "json"))
    assert set(found) == {"数据质量", "不符合的病例"}
    figures = {row["指标"]: row for row in found["数据质量"]}
    assert figures["timeliness"]["不符合例数"] == 1
    assert figures["timeliness"]["达标"] == "未达标"
    (case,) = [row for row in found["不符合的病例"] if row["指标"] == "timeliness"]
    assert case["检查号"] == "A1"
    assert "用时" in case["问题"]


def test_a_month_without_examinations_has_figures_without_a_result(data: Path) -> None:
    rows = list(csv.reader(io.StringIO(run(data, "--month", "2026-01").decode("utf-8-sig"))))
    assert any("不可测" in row for row in rows)
    assert not any("A1" in row for row in rows)
