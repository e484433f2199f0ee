"""``signgate stats``: every figure in every format, and what is asked wrongly."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from stores import temporary_store

from plugin.commands.stats import command


@pytest.fixture
def data(tmp_path: Path) -> Path:
    with temporary_store(tmp_path / "data"):
        return tmp_path / "data"


@pytest.mark.parametrize("what", ["scores", "deductions", "items", "workload", "quality"])
def test_each_table_in_each_format(data: Path, what: str) -> None:
    run = CliRunner()
    told = run.invoke(command, [what, "--month", "2026-06", "--format", "json", "--data", str(data)])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout_bytes)
    assert run.invoke(command, [what, "--data", str(data)]).stdout_bytes
    book = data / "out.xlsx"
    told = run.invoke(command, [what, "--format", "xlsx", "--out", str(book), "--data", str(data)])
    assert told.exit_code == 0
    assert book.read_bytes().startswith(b"PK")


@pytest.mark.parametrize("what", ["scores", "workload", "structured", "alerts", "register", "data"])
def test_figures_leave_while_another_process_has_the_database(data: Path, what: str) -> None:
    with temporary_store(data):
        told = CliRunner().invoke(command, [what, "--data", str(data)])
    assert told.exit_code == 0, told.output


def test_a_wrong_month_is_named(data: Path) -> None:
    told = CliRunner().invoke(command, ["scores", "--month", "June", "--data", str(data)])
    assert told.exit_code == 1
    assert "YYYY-MM" in str(told.exception)
