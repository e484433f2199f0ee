"""The command line as a whole: every command is there, and an error is one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.__main__ import COMMANDS, cli


def test_the_help_lists_every_command_and_imports_none() -> None:
    program = (
        "import sys; from plugin.__main__ import cli; cli(['--help'], standalone_mode=False);"
        "print(sorted(m for m in sys.modules if m.startswith('plugin.commands.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for name, line in COMMANDS.items():
        assert f"  {name}" in done.stdout
        assert line.split()[0] in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_says_how_it_is_used(name: str) -> None:
    told = CliRunner().invoke(cli, [name, "--help"])
    assert told.exit_code == 0, told.output
    assert told.output.startswith(f"Usage: cli {name}")
    # click puts a group's first sentence, or a command's, below its usage.
    assert len(told.output.splitlines()[2].strip()) > 10


def test_what_is_no_command_is_wrong_use() -> None:
    assert CliRunner().invoke(cli, ["fly"]).exit_code == 2


def test_an_error_of_ours_is_one_line_and_exit_status_1(tmp_path: object) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "plugin", "check-config", f"{tmp_path}/none"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("signgate: ")
    assert done.stderr.count("\n") == 1


def test_a_file_that_cannot_be_written_is_named_in_one_line(tmp_path: Path) -> None:
    key = tmp_path / "nowhere" / "backup.key"
    arguments = [sys.executable, "-m", "plugin", "backup", "--make-key", str(key)]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"signgate: {key}: No such file or directory\n"
