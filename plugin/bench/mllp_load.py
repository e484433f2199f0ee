"""MLLP load from many connections: each sends, waits for its answer, and sends the next."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Self

from plugin.bench.load import Latencies

_END = b"\x1c\r"


def closed_loop(
    port: int, make: Callable[[str], bytes], connections: int, seconds: float
) -> tuple[float, Latencies]:
    """Messages a second, and the seconds that each answer took.

    Parameters
    ----------
    make
        A message from a number that no other message of this run bears.

    Raises
    ------
    RuntimeError
        When an answer accepts nothing: a figure of refusals would be none.
    """
    took: list[list[float]] = [[] for _ in range(connections)]
    failures: list[str] = []
    numbers, run = count(), time.time_ns()
    ready = threading.Barrier(connections + 1)
    until = [0.0]

    def send(mine: list[float]) -> None:
        with Sender(port) as sender:
            ready.wait()
            while time.perf_counter() < until[0]:
                message = make(f"{run % 10**9}{next(numbers):06}")
                started = time.perf_counter()
                answer = sender.ask(message)
                mine.append(time.perf_counter() - started)
                if b"MSA|AA|" not in answer:
                    failures.append(answer[:300].decode("utf-8", "replace"))
                    break

    threads = [threading.Thread(target=send, args=(mine,), daemon=True) for mine in took]
    for thread in threads:
        thread.start()
    # Set before the barrier falls: nobody reads it earlier.
    until[0] = time.perf_counter() + seconds
    ready.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(f"not accepted: {failures[0]}")
    reached = sorted(each for mine in took for each in mine)
    return len(reached) / (time.perf_counter() - started), Latencies(tuple(reached))


class Sender:
    """One connection that is kept, and made anew for a peer that closes after each message (hl7apy's server)."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection = self._connect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._connection.close()

    def leave(self, part: bytes) -> None:
        """Begin a frame and go without its end."""
        self._connection.sendall(b"\x0b" + part)

    def ask(self, message: bytes) -> bytes:
        """Send one message; return its answer, framed, empty when the peer does not speak."""
        block = b"\x0b" + message + _END
        answer = self._asked(block)
        if not answer:
            self._connection.close()
            self._connection = self._connect()
            answer = self._asked(block)
        return answer

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), 10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(60)
        return connection

    def _asked(self, block: bytes) -> bytes:
        try:
            self._connection.sendall(block)
            answer = received = self._connection.recv(65536)
            while received and not answer.endswith(_END):
                received = self._connection.recv(65536)
                answer += received
        except ConnectionError:
            return b""
        return answer
