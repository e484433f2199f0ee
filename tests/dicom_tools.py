"""The validators and viewers of Debian, as functions; each test that writes an object asks them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from conftest import need_tool


def dciodvfy_errors(path: Path) -> list[str]:
    """Error lines of dciodvfy; empty for a sound object."""
    done = subprocess.run([need_tool("dciodvfy"), str(path)], capture_output=True, check=False)
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    return [line for line in lines if line.startswith("Error")]


def dsrdump(path: Path) -> str:
    """dsrdump's text; its own errors fail the test."""
    done = subprocess.run(
        [need_tool("dsrdump"), "+U8", "+Pl", "+Pc", str(path)], capture_output=True, check=False
    )
    errors = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.startswith("E:")]
    assert done.returncode == 0 and not errors, errors
    return done.stdout.decode("utf-8")


def dsr2html(path: Path) -> str:
    """dsr2html's page."""
    done = subprocess.run([need_tool("dsr2html"), "+U8", str(path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout.decode("utf-8")
