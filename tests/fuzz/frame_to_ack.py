"""Whatever bytes come in, what goes out is an acknowledgement: the property, and a fuzzer that hunts for its opposite.

``python tests/fuzz/frame_to_ack.py --seconds 60`` starts from the golden messages.  With atheris
installed (``pip install 'signgate[fuzz]'``) the hunt is guided by coverage; without it messages
are mutated blindly.  A finding is printed, and written to ``tests/fuzz/found/``.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import random
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from plugin.domain.order import ImagingOrder  # noqa: E402 - the path is set above
from plugin.domain.report import Report  # noqa: E402
from plugin.hl7.answer import read_answer  # noqa: E402
from plugin.hl7.dispatch import Dispatcher  # noqa: E402
from plugin.hl7.meaning import Journeys  # noqa: E402
from plugin.hl7.mllp import Block, Deframer, Limits, Violation, frame  # noqa: E402
from plugin.hl7.profile import load_profiles  # noqa: E402
from plugin.hl7.session import Peer  # noqa: E402
from plugin.workflow.ports.surroundings import Surroundings  # noqa: E402

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PEER = Peer("192.0.2.1", 1)
FORBIDDEN = {chr(code) for code in (*range(9), 11, 12, *range(14, 32))} | {"\ufffd"}


class Nothing:
    """A unit of work that knows nothing and keeps nothing."""

    def __getattr__(self, _name: str) -> Nothing:
        return self

    def find(self, *_: object) -> list[object]:
        return []

    same = find

    def bearing(self, *_: object) -> None:
        return None

    def add(self, *_: object, **__: object) -> int:
        return 1

    def __call__(self, *_: object, **__: object) -> int:
        return 1


class AtOnce:
    """A store that runs work where it stands."""

    def submit(self, work: Callable[[Any], Any], _foreseen: Any = None) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(work(Nothing()))
        except Exception as error:
            future.set_exception(error)
        return future


class Mint:
    def id(self) -> str:
        return "A"

    uid = secret = id


def take_order(_uow: Any, order: ImagingOrder, _delivered: frozenset[str], _message_id: int | None) -> None:
    _sound(order)
    _sound(order.patient)


def take_report(_uow: Any, report: Report, **_: str) -> None:
    _sound(report)
    _sound(report.patient)
    _sound(report.exam)


def _sound(record: Any) -> None:
    for name in record.__dataclass_fields__:
        value = getattr(record, name)
        if isinstance(value, str):
            assert not FORBIDDEN & set(value), f"{name} holds {value!r}"


def dispatcher() -> Dispatcher:
    return Dispatcher(
        store=AtOnce(),  # type: ignore[arg-type]
        profiles=load_profiles(ROOT / "config" / "hl7"),
        journeys=Journeys(order=take_order, report=take_report),
        around=Surroundings(clock=lambda: NOW, mint=Mint()),
    )


def check(handle: Dispatcher, stream: bytes, cuts: int = 0) -> None:
    """Feed a stream, in pieces of `cuts` bytes, and hold every answer to what an answer must be.

    Raises
    ------
    AssertionError
        When an answer is none, breaks its frame, or confesses an error of ours.
    """
    deframer = Deframer(Limits(frame_bytes=100_000))
    step = cuts or max(1, len(stream))
    found: list[Block | Violation] = []
    for at in range(0, len(stream), step):
        found += deframer.feed(stream[at : at + step])
    if left := deframer.cut():
        found.append(left)
    for item in found:
        answer = asyncio.run(
            handle(item.payload, PEER) if isinstance(item, Block) else handle.violation(item, PEER)
        )
        if answer is None:
            continue
        assert b"\x0b" not in answer or answer[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in answer
        if answer[:3] == b"BHS":
            continue
        reply = read_answer(answer)
        assert reply.code in {"AA", "AE", "AR", "CA", "CE", "CR"}, reply
        assert reply.error != "207", reply


def seeds() -> list[bytes]:
    """The golden messages, framed, and the small corpus of what was once found."""
    messages = [frame(path.read_bytes()) for path in sorted((ROOT / "tests" / "wire").glob("*.hl7"))]
    return messages + [path.read_bytes() for path in sorted((HERE / "corpus").glob("*"))]


def mutated(seed: bytes, others: list[bytes], chance: random.Random) -> bytes:
    """A seed with some pieces changed, doubled, dropped, or swapped for another message's."""
    data = bytearray(seed)
    for _ in range(chance.randint(1, 8)):
        if not data:
            break
        at = chance.randrange(len(data))
        kind = chance.randrange(6)
        if kind == 0:
            data[at] = chance.randrange(256)
        elif kind == 1:
            del data[at : at + chance.randint(1, 30)]
        elif kind == 2:
            data[at:at] = data[at : at + chance.randint(1, 60)]
        elif kind == 3:
            data[at:at] = chance.choice(
                [
                    b"\x0b",
                    b"\x1c\r",
                    b"\r",
                    b"\n",
                    b"|",
                    b"^",
                    b"~",
                    b"\\",
                    b"\x00",
                    b"\xff",
                    b"\\X0D\\",
                    b"MSH|",
                ]
            )
        elif kind == 4:
            other = chance.choice(others)
            start = chance.randrange(max(1, len(other)))
            data[at:at] = other[start : start + chance.randint(1, 80)]
        else:
            data[at : at + 1] = "张".encode(chance.choice(["gb18030", "utf-8", "utf-16-le"]))
    return bytes(data)


def streams(chance: random.Random) -> Iterator[bytes]:
    known = seeds()
    while True:
        yield mutated(chance.choice(known), known, chance)


def hunt(enough: Callable[[int], bool], seed: int) -> int:
    """Blind mutation until so many streams were `enough`; return how many were tried."""
    handle, chance, count = dispatcher(), random.Random(seed), 0
    for stream in streams(chance):
        if enough(count):
            return count
        try:
            check(handle, stream, chance.choice([0, 0, 1, 7]))
        except Exception:
            keep(stream)
            raise
        count += 1
    return count


def keep(stream: bytes) -> Path:
    folder = HERE / "found"
    folder.mkdir(exist_ok=True)
    path = folder / hashlib.sha256(stream).hexdigest()[:16]
    path.write_bytes(stream)
    sys.stderr.write(f"found: {path}\n")
    return path


def guided(seconds: int) -> None:
    """Coverage-guided, by atheris."""
    import atheris

    with atheris.instrument_imports(include=["plugin.hl7"]):
        handle = dispatcher()

    def one(data: bytes) -> None:
        try:
            check(handle, data)
        except Exception:
            keep(data)
            raise

    atheris.instrument_all()
    corpus = HERE / "work"
    corpus.mkdir(exist_ok=True)
    for number, seed in enumerate(seeds()):
        (corpus / f"seed{number:03}").write_bytes(seed)
    atheris.Setup(
        [
            sys.argv[0],
            str(corpus),
            f"-max_total_time={seconds}",
            "-max_len=4096",
            f"-artifact_prefix={corpus}/",
        ],
        one,
    )
    atheris.Fuzz()


def main() -> None:
    import logging

    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--blind", action="store_true", help="mutate blindly though atheris is there")
    given = arguments.parse_args()
    try:
        import atheris  # noqa: F401 - asked whether it is there
    except ImportError:
        given.blind = True
    if given.blind:
        deadline = time.monotonic() + given.seconds
        tried = hunt(lambda _: time.monotonic() > deadline, given.seed)
        sys.stdout.write(f"{tried} streams, nothing found\n")
    else:
        guided(given.seconds)


if __name__ == "__main__":
    main()
