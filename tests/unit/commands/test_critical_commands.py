"""``signgate stats register|alerts`` and ``signgate drill``."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from web_house import REPORT, web_house

from plugin.commands import drill, stats
from plugin.domain.errors import DeliveryFailed
from tests.conftest import StoppedClock
from tests.running import running

BLEEDING = {**REPORT, "findings": "右侧基底节区见团块状高密度影。", "impression": "右侧基底节区脑出血。"}


@pytest.fixture
def data(tmp_path: Path, clock: StoppedClock) -> Path:
    folder = tmp_path / "data"
    with web_house(folder, clock) as house:
        house.hold(1, report=BLEEDING)
        (alert,) = house.store.read(lambda uow: list(uow.alerts.find("A1")))
        house.store.write(
            lambda uow: house.journeys.alerts.by_telephone(uow, alert.alert_id, "D7", "张三", "8102")
        )
    return folder


def run(data: Path, *arguments: str) -> bytes:
    result = CliRunner().invoke(stats.command, [*arguments, "--data", str(data)])
    assert result.exit_code == 0, result.output
    return result.stdout_bytes


def test_the_register_of_a_month(data: Path) -> None:
    head, row = csv.reader(
        io.StringIO(run(data, "register", "--month", "2026-06").decode("utf-8-sig"), newline="")
    )
    assert dict(zip(head, row, strict=True))["临床联系人"] == "张三"
    assert len(list(csv.reader(io.StringIO(run(data, "register").decode("utf-8-sig"))))) == 1


def test_figures_as_json_and_the_book_as_excel(data: Path, tmp_path: Path) -> None:
    found = json.loads(run(data, "alerts", "--month", "2026-06", "--format", "json"))
    assert [row["及时率(%)"] for row in found["危急值统计"]] == [100.0, 100.0]
    book = tmp_path / "book.xlsx"
    run(data, "register", "--month", "2026-06", "--format", "xlsx", "--out", str(book))
    assert zipfile.is_zipfile(book)


def test_a_drill_without_a_server_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DeliveryFailed, match="is `signgate serve` running"):
        CliRunner().invoke(
            drill.command,
            ["--data", str(tmp_path), "--url", "http://127.0.0.1:9"],
            catch_exceptions=False,
        )


@pytest.mark.slow
def test_a_drill_on_a_running_signgate_is_told_and_is_ready(tmp_path: Path) -> None:
    with running(tmp_path / "data") as gate:
        arguments = ["--data", str(gate.data), "--url", gate.web, "--wait", "3"]
        result = CliRunner().invoke(drill.command, arguments)
    assert result.exit_code == 0, result.output
    assert "sent by ward_page 医院总值班 科室值班医师" in result.output
