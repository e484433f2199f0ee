"""Load that is offered at a fixed rate, whatever the answers take (an open loop)."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds from the moment a call was due to its answer, sorted."""

    seconds: tuple[float, ...]

    def percentile(self, share: float) -> float:
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


def offered(call: Callable[[int], None], rate: float, seconds: float, threads: int = 32) -> Latencies:
    """Call `rate` times a second; a late answer delays nobody else's start."""
    took: SimpleQueue[float] = SimpleQueue()

    def one(number: int, due: float) -> None:
        call(number)
        took.put(time.perf_counter() - due)

    number = int(rate * seconds)
    with ThreadPoolExecutor(threads) as pool:
        begin = time.perf_counter() + 0.05
        for each in range(number):
            due = begin + each / rate
            time.sleep(max(0.0, due - time.perf_counter()))
            pool.submit(one, each, due)
    return Latencies(tuple(sorted(took.get() for _ in range(took.qsize()))))


class HttpPool:
    """One kept connection a thread, as a RIS has it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._local = threading.local()

    def post(self, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        """POST, and the answer's body.

        Raises
        ------
        RuntimeError
            On any status but 200.
        """
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = http.client.HTTPConnection(
                self._host, self._port, timeout=30
            )
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        content: bytes = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}: {content[:200]!r}")
        return content
