"""``signgate bench hl7 --soak N``: N messages to one process, and what memory it holds meanwhile.

Orders and their reports in turn, each of an examination of its own, so nothing that the
product keeps for good (rows on disk) can be mistaken for what it must not keep (memory).
Every twentieth examination does what peers do: its report comes again, with a document
beside it, broken, and half, over a connection that was made anew.
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from plugin.bench.hl7 import orm, oru
from plugin.bench.mllp_load import Sender
from plugin.bench.servers import signgate

CONNECTIONS = 8
SAMPLES = 40
ODD_EVERY = 20
WARM_UP = 0.25
"""Share of the samples in which caches and pools may still fill; growth is judged after it."""
FLAT_MIB = 64.0
"""What a million messages may add: the noise of an allocator, not a leak of even a hundred bytes a message."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the process.

    Parameters
    ----------
    resident_mib
        VmRSS: all pages in memory, those of mapped files too.
    anonymous_mib
        RssAnon: what the process itself allocated; a leak is here.
    """

    messages: int
    seconds: float
    resident_mib: float
    anonymous_mib: float
    threads: int

    def line(self) -> str:
        rate = self.messages / self.seconds if self.seconds else 0.0
        return (
            f"{self.messages:>10,} messages {self.seconds:>8.1f} s {rate:>8.1f}/s "
            f"resident {self.resident_mib:>7.1f} MiB  own {self.anonymous_mib:>7.1f} MiB  {self.threads} threads"
        )


def soak(config_dir: Path, work_dir: Path, messages: int) -> Iterator[Sample]:
    """Send, and look :data:`SAMPLES` times.

    Raises
    ------
    RuntimeError
        When a message is not accepted.
    """
    with signgate(config_dir, work_dir / "data") as (port, pid):
        sent, failures = [0] * CONNECTIONS, list[str]()
        numbers = count()
        threads = [
            threading.Thread(
                target=_send, args=(port, numbers, messages // 2, sent, mine, failures), daemon=True
            )
            for mine in range(CONNECTIONS)
        ]
        started = time.perf_counter()
        for thread in threads:
            thread.start()
        step, due = max(1, messages // SAMPLES), 0
        while any(thread.is_alive() for thread in threads):
            if (done := sum(sent)) >= due:
                yield _look(pid, done, time.perf_counter() - started)
                due = done + step
            time.sleep(0.05)
        if failures:
            raise RuntimeError(f"not accepted: {failures[0]}")
        yield _look(pid, sum(sent), time.perf_counter() - started)


def growth(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """MiB a million messages add, by least squares over what follows the warm-up; 0 with too few samples."""
    settled = samples[int(len(samples) * WARM_UP) :]
    if len(settled) < 3:
        return 0.0
    mean_x = sum(each.messages for each in settled) / len(settled)
    mean_y = sum(of(each) for each in settled) / len(settled)
    spread = sum((each.messages - mean_x) ** 2 for each in settled)
    together = sum((each.messages - mean_x) * (of(each) - mean_y) for each in settled)
    return together / spread * 1e6 if spread else 0.0


def _send(
    port: int, numbers: Iterator[int], exams: int, sent: list[int], mine: int, failures: list[str]
) -> None:
    sender = Sender(port)
    try:
        while (number := next(numbers)) < exams and not failures:
            name = f"{number:09}"
            expected = [(orm(name), b"MSA|AA|"), (oru(name), b"MSA|AA|")]
            if number % ODD_EVERY == 0:
                sender.close()
                with Sender(port) as half:
                    half.leave(oru(name)[:700])
                sender = Sender(port)
                expected += _odd(name)
            for message, answered in expected:
                answer = sender.ask(message)
                if answered not in answer:
                    failures.append(answer[:300].decode("utf-8", "replace"))
                    return
                sent[mine] += 1
    finally:
        sender.close()


def _odd(number: str) -> list[tuple[bytes, bytes]]:
    """The report again, corrected with a document beside it, of a type nobody knows, and not decodable."""
    again = oru(number)
    document = b"OBX|3|ED|PDF||RIS^application^pdf^Base64^" + b64encode(b"%PDF-" + number.encode() * 2000)
    corrected = (
        again.replace(b"|ORU^R01|", b"|ORU^R01|C").replace(b"||CT|F\r", b"||CT|C\r") + document + b"\r"
    )
    return [
        (again, b"MSA|AA|"),
        (corrected, b"MSA|AA|"),
        (again.replace(b"|ORU^R01|", b"|XXX^Z99|X"), b"MSA|AR|"),
        (again.replace(b"|ORU^R01|", b"|ORU^R01|Y").replace("肺".encode(), b"\xff"), b"MSA|AE|"),
    ]


def _look(pid: int, messages: int, seconds: float) -> Sample:
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if ":" in line
    )

    def mib(name: str) -> float:
        return int(status[name].split()[0]) / 1024

    return Sample(messages, seconds, mib("VmRSS"), mib("RssAnon"), int(status["Threads"]))
