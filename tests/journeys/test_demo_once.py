"""The whole product, as a new user tries it: `signgate demo --once`, and the demo in a real browser."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from patience import PATIENCE_S
from ports import free_ports

STEPS = 17
COMMAND = [sys.executable, "-m", "plugin", "demo"]


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=1200, check=False, cwd=cwd
    )


@pytest.mark.slow
def test_every_step_of_the_journey_is_observed(tmp_path):
    done = run("--once", cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    seen = re.findall(r"^✔ +(\d+)/(\d+) ", done.stdout, re.MULTILINE)
    assert [int(number) for number, _ in seen] == list(range(1, STEPS + 1))
    assert "✘" not in done.stdout
    assert re.search(r"every step was observed \(\d+ s\)", done.stdout)
    # The report's text and the patient's name belong on the terminal, never in the log.
    assert "张三" not in done.stderr
    assert "基底节" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_taken_port_is_one_line_and_exit_1(tmp_path):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        done = run("--once", "--port-base", str(min(port, 65531)), cwd=tmp_path)

    assert done.returncode == 1
    assert f"port {port} (hl7)" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_used_folder_is_wrong_use(tmp_path):
    (tmp_path / "demo.json").write_text("{}")
    done = run("--once", "--data", str(tmp_path), cwd=tmp_path)

    assert done.returncode == 2
    assert "holds an earlier demo" in done.stderr


@pytest.mark.slow
def test_sigterm_stops_the_demo_in_order(tmp_path):
    base = free_ports(5)
    process = subprocess.Popen(
        [*COMMAND, "--data", str(tmp_path / "demo"), "--port-base", str(base)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if str(base + 4) in line:
            break
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 0, errors
    assert "Traceback" not in errors
