"""The servers of a benchmark: started, waited for, and ended with it."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest
from ports import free_port

from plugin.bench.servers import peer, started, wait_until_open
from plugin.domain.errors import DeliveryFailed

LISTENER = """
import socket, sys
file, port = sys.argv[1:]
open(file, "w").write("kept")
listening = socket.create_server(("127.0.0.1", int(port)))
print("ready", flush=True)
while True:
    listening.accept()[0].close()
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_peer_listens_until_the_block_ends(tmp_path: Path) -> None:
    with peer(tmp_path, "naive", LISTENER) as port:
        socket.create_connection(("127.0.0.1", port), 5).close()
        assert (tmp_path / "naive.data").read_text() == "kept"
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), 5)


def test_a_program_that_never_gets_ready_is_named() -> None:
    with pytest.raises(DeliveryFailed, match="did not start"), started([sys.executable, "-c", "print('no')"]):
        pytest.fail("it was taken for ready")


def test_a_process_does_not_outlive_an_error() -> None:
    program = "import time; print('ready', flush=True); time.sleep(60)"
    with pytest.raises(ZeroDivisionError), started([sys.executable, "-c", program]) as pid:
        assert alive(pid)
        raise ZeroDivisionError
    assert not alive(pid)


def test_nobody_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("plugin.bench.servers._PATIENCE_S", 0.3)
    with pytest.raises(DeliveryFailed, match="nobody listened on"):
        wait_until_open(free_port())
