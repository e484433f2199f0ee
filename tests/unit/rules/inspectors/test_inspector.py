"""The child's side, over a socket, with a rulebook that breaks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from plugin.rules.inspectors.inspector import answer, give_way

CONFIG = Path(__file__).parents[4] / "config"


class Breaks:
    """A rulebook that stumbles over one case."""

    version = "v1"

    def inspect(self, case):
        if case == "bad":
            raise ValueError("words of a report")
        return f"found in {case}"


def test_it_tells_its_version_answers_and_goes_on_after_an_error_of_a_rule():
    ours, theirs = Pipe()
    child = threading.Thread(target=answer, args=(theirs, Breaks()))
    child.start()
    assert ours.recv() == "v1"
    ours.send(["one", "bad"])
    ours.send(["two"])
    [one, bad], [two] = ours.recv(), ours.recv()
    assert (one, two) == ("found in one", "found in two")
    assert bad.startswith("ValueError at ")
    assert "words of a report" not in bad
    ours.close()
    child.join(60)
    assert not child.is_alive()


def nice(thread: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, thread)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priorities of their own")
def test_who_loads_gives_way_and_who_answers_does_not():
    before = nice(threading.get_native_id())
    with ThreadPoolExecutor(1, initializer=give_way) as loader:
        assert loader.submit(lambda: nice(threading.get_native_id())).result() == min(before + 10, 19)
    assert nice(threading.get_native_id()) == before

    ours, theirs = socket.socketpair()
    with theirs, Connection(ours.detach()) as asked:
        command = [
            sys.executable,
            "-m",
            "plugin.rules.inspectors.inspector",
            str(theirs.fileno()),
            str(CONFIG),
        ]
        with subprocess.Popen(command, pass_fds=(theirs.fileno(),)) as inspector:
            theirs.close()
            asked.recv()
            assert nice(inspector.pid) == before
            asked.close()


def test_next_to_nothing_is_loaded_before_the_loader():
    told = "import plugin.rules.inspectors.inspector, sys; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    loaded = set(ran.stdout.split())
    assert "plugin.domain.errors" in loaded
    assert not {"pydantic", "re2", "plugin.rules.rulebook", "plugin.domain.case"} & loaded
