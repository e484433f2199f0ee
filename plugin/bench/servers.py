"""The servers of a benchmark: ours and its peers, each a process on ports that were free."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from plugin.domain.errors import DeliveryFailed
from plugin.kit.free_ports import neighbouring_ports

_PATIENCE_S = 120


class Running(NamedTuple):
    """A SignGate: the first of its ports (HL7, then web, DIMSE, embedded PACS), and its process number."""

    port: int
    pid: int


@contextmanager
def signgate(config_dir: Path, data_dir: Path) -> Iterator[Running]:
    """``signgate serve``, the whole product in a process of its own."""
    base = neighbouring_ports(4)
    serve = [sys.executable, "-m", "plugin", "serve", "--config", str(config_dir), "--data", str(data_dir)]
    with started([*serve, "--port-base", str(base)]) as pid:
        yield Running(base, pid)


@contextmanager
def peer(work_dir: Path, name: str, program: str, keeps: str = "") -> Iterator[int]:
    """A Python program given a place to keep things in, a file where none is named, and the port that it listens on."""
    port, file = neighbouring_ports(1), work_dir / f"peer_{name}.py"
    file.write_text(program, encoding="utf-8")
    with started([sys.executable, str(file), keeps or str(work_dir / f"{name}.data"), str(port)]):
        wait_until_open(port)
        yield port


@contextmanager
def started(command: list[str]) -> Iterator[int]:
    """The number of a process, from its line that begins with ``ready`` on until the block ends.

    Raises
    ------
    DeliveryFailed
        When it ends without that line.
    """
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            if process.stdout is None or not process.stdout.readline().startswith("ready"):
                raise DeliveryFailed(f"{' '.join(command[1:4])} did not start", retry=False)
            yield process.pid
        finally:
            process.terminate()
            try:
                process.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_open(port: int) -> None:
    """Until somebody listens there.

    Raises
    ------
    DeliveryFailed
        When nobody does within two minutes.
    """
    deadline = time.monotonic() + _PATIENCE_S
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise DeliveryFailed(f"nobody listened on {port} within {_PATIENCE_S} s", retry=False)
