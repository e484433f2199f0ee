"""``signgate bench``: which benchmarks, which turns, which form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.bench import rules
from plugin.bench.contest import Contest
from plugin.commands.bench import BENCHMARKS, command


def contests(config_dir: Path, work_dir: Path) -> Iterator[Contest]:
    assert work_dir.is_dir()
    yield Contest(name="reading", unit="us", runs={"ours": lambda: 2.0, "theirs": lambda: 6.0})


def test_figures_for_people_and_for_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "contests", contests)
    told = CliRunner().invoke(command, ["rules", "--turns", "1"])
    assert told.exit_code == 0, told.output
    assert "we are 3.00 times ahead" in told.output
    told = CliRunner().invoke(command, ["rules", "--turns", "1", "--json"])
    ours, theirs = map(json.loads, told.output.splitlines())
    assert (ours["median"], ours["ahead"], theirs["median"], theirs["ahead"]) == (2.0, None, 6.0, 3.0)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_name_is_a_benchmark(name: str) -> None:
    assert callable(import_module(f"plugin.bench.{name}").contests)


@pytest.mark.parametrize(
    "arguments", [["speed"], ["rules", "--turns", "0"], ["--soak", "2000"], ["hl7", "--soak", "5"]]
)
def test_wrong_use_is_exit_status_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).exit_code == 2
