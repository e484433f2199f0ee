"""``signgate sampling``: the policy shown, changed, tried out beforehand, and proved afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from conftest import StoppedClock
from stores import temporary_store
from web_house import web_house

from plugin.commands.sampling import command
from plugin.domain.errors import ConfigError, PluginError

NEXT = """
[[policy]]
name = "急诊免抽"
p = 0.0
conditions = { patient_class = ["emergency"] }

[[policy]]
name = "其余"
p = 0.25

[[minimum]]
name = "每人每月"
count = 2

[caps]
per_hour = 3
"""


@pytest.fixture
def data(tmp_path: Path, clock: StoppedClock) -> Path:
    """A house that has signed twice under its first policy."""
    folder = tmp_path / "data"
    with web_house(folder, clock) as house:
        house.hold(1)
        house.hold(2)
    return folder


def run(data: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(command, [*arguments, "--data", str(data)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def policy(folder: Path, text: str = NEXT) -> str:
    file = folder / "policy.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_the_policy_is_shown_and_tried_out_while_another_process_has_the_database(
    data: Path, tmp_path: Path
) -> None:
    with temporary_store(data):
        assert "version 1 (live)" in run(data, "show").output
        assert run(data, "simulate", policy(tmp_path)).exit_code == 0


def test_a_policy_is_put_live_and_the_old_one_shown_as_ended(data: Path, tmp_path: Path) -> None:
    assert "version 1 (live)" in run(data, "show").output
    done = run(data, "set", policy(tmp_path), "--author", "张三", "--comment", "试运行")
    assert "\nversion 2 is live; key committed to by SHA-256 " in f"\n{done.output}"
    shown = run(data, "show").output
    assert "version 2 (live)" in shown
    assert "by 张三" in shown
    assert "  试运行" in shown
    assert "  1. 急诊免抽: if patient_class is emergency, p = 0\n  2. 其余: else p = 0.25\n" in shown
    assert "  at least 2 a signer and month: 每人每月" in shown
    assert "  at most 3 an hour, ∞ a shift, 0 min apart" in shown
    assert "version 1" not in shown
    assert "version 1 (ended)" in run(data, "show", "--all").output


def test_a_policy_is_tried_on_the_events_that_there_were(data: Path, tmp_path: Path) -> None:
    told = run(data, "simulate", policy(tmp_path), "--weeks", "104").output.splitlines()
    assert told[0].endswith("days of sign events")
    (signer,) = [line for line in told if line.startswith("D7 ")]
    assert signer.split()[1] == "2"


def test_the_draws_of_an_ended_version_are_proved_and_the_live_ones_not(data: Path, tmp_path: Path) -> None:
    with pytest.raises(PluginError):
        run(data, "prove", "1")
    run(data, "set", policy(tmp_path), "--author", "张三")
    proved = run(data, "prove", "1")
    assert proved.exit_code == 0
    assert "2 draws recomputed, 2 drawn, 2.0 expected" in proved.output


@pytest.mark.parametrize(
    "text", ["[[policy]]\np = 0.5", '[[policy]]\nname = "x"\np = 2.0', "hold_minutes = 5", "policy = ["]
)
def test_a_policy_that_makes_no_sense_is_named_and_nothing_changes(
    data: Path, tmp_path: Path, text: str
) -> None:
    with pytest.raises(PluginError):
        run(data, "set", policy(tmp_path, text), "--author", "张三")
    assert "version 1 (live)" in run(data, "show").output


def test_a_mistake_in_the_file_is_told_with_its_place(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"policy\.toml"):
        run(data, "simulate", policy(tmp_path, "[[policy]]\np = 0.5"))


def test_who_changes_it_must_be_said(data: Path, tmp_path: Path) -> None:
    assert run(data, "set", policy(tmp_path)).exit_code == 2
