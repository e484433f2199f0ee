"""MLLP load against a real listener: only acceptances count."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from itertools import count
from types import SimpleNamespace

import pytest
from hl7_peers import listening
from patience import PATIENCE_S

from plugin.bench.hl7 import orm
from plugin.bench.mllp_load import Sender, closed_loop
from plugin.hl7.session import Peer


def answer(block: bytes, code: bytes = b"AA") -> bytes:
    return b"MSH|^~\\&|S|Q|HIS|H1|1||ACK|X|P|2.4\rMSA|" + code + b"|" + block.split(b"|")[9] + b"\r"


@pytest.fixture(autouse=True)
def ticks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A clock that goes on by a millisecond whenever it is looked at: a run is as long on every machine."""
    looks = count()
    clock = SimpleNamespace(perf_counter=lambda: next(looks) / 1000, time_ns=lambda: 20260601)
    monkeypatch.setattr("plugin.bench.mllp_load.time", clock)
    yield


def test_every_connection_sends_and_no_number_comes_twice() -> None:
    numbers: list[bytes] = []

    async def keep(block: bytes, peer: Peer) -> bytes:
        numbers.append(block.split(b"|")[9])
        return answer(block)

    with listening(keep) as (server, port):
        rate, took = closed_loop(port, lambda number: orm(number), connections=3, seconds=0.3)
        assert server.counts["messages"] == len(numbers)
    assert rate > 0
    assert len(took.seconds) == len(numbers) == len(set(numbers))
    assert took.seconds == tuple(sorted(took.seconds))


def test_refusals_are_no_figure() -> None:
    async def refuse(block: bytes, peer: Peer) -> bytes:
        return answer(block, b"AE")

    with listening(refuse) as (_, port), pytest.raises(RuntimeError, match=r"not accepted: .*MSA\|AE"):
        closed_loop(port, orm, connections=1, seconds=0.3)


def test_a_peer_that_closes_after_each_message_is_connected_to_again() -> None:
    def serve(listener: socket.socket) -> None:
        for _ in range(2):
            connection, _ = listener.accept()
            with connection:
                connection.sendall(b"\x0b" + answer(connection.recv(65536)) + b"\x1c\r")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,))
        thread.start()
        with Sender(listener.getsockname()[1]) as sender:
            assert b"MSA|AA|1" in sender.ask(orm("1"))
            assert b"MSA|AA|2" in sender.ask(orm("2"))
        thread.join(PATIENCE_S)
