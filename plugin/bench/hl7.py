"""The HL7 door beside a naive listener, hl7apy, python-hl7 and the disk itself.

Ours is the whole product: decoded, extracted, every rule and critical pattern, report,
issues, alerts and outbox in one synced commit, then AA.  The peers keep nothing, or keep the
message and four columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import click

from plugin.bench import database_calls
from plugin.bench.contest import Contest, Run, microseconds
from plugin.bench.hl7_peers import HL7APY, JOURNAL, NAIVE, PYTHON_HL7
from plugin.bench.mllp_load import closed_loop
from plugin.bench.rules import unseen
from plugin.bench.servers import peer, signgate
from plugin.hl7 import charset, header
from plugin.hl7.profile import load_profiles
from plugin.hl7.reader import Message
from plugin.hl7.reports import read_reports

SECONDS = 3.0
OURS, NAIVELY, HL7APY_ALONE, PYTHON_HL7_ALONE = "signgate", "threads, SQLAlchemy", "hl7apy", "python-hl7"
WITHOUT_KEEPING = ", nothing kept"

FIELDS = (
    ("MSH", 3), ("MSH", 4), ("MSH", 7), ("MSH", 10), ("PID", 3), ("PID", 5), ("PID", 7), ("PID", 8),
    ("OBR", 2), ("OBR", 3), ("OBR", 4), ("OBR", 7), ("OBR", 22), ("OBR", 24), ("OBR", 25), ("OBX", 3), ("OBX", 5),
)  # fmt: skip
"""The seventeen that every reader takes out of the first segments of their names."""


def contests(config_dir: Path, work_dir: Path) -> Iterator[Contest]:
    """The figures of this benchmark."""
    with_hl7 = find_spec("hl7") is not None
    if not with_hl7:
        click.echo(
            "python-hl7 is not installed, its figures are left out: pip install 'signgate[bench]'", err=True
        )
    yield from _extraction(config_dir, with_hl7)
    yield from database_calls.contests(work_dir)
    with ExitStack() as stack:
        ours = stack.enter_context(signgate(config_dir, work_dir / "data")).port
        naive = stack.enter_context(peer(work_dir, "naive", NAIVE))
        peers = {NAIVELY: naive, HL7APY_ALONE: stack.enter_context(peer(work_dir, "hl7apy", HL7APY))}
        goals = {NAIVELY: 4.0, HL7APY_ALONE: 100.0}
        if with_hl7:
            peers[PYTHON_HL7_ALONE] = stack.enter_context(peer(work_dir, "python_hl7", PYTHON_HL7))
            goals[PYTHON_HL7_ALONE] = 5.0
        ports = {OURS: ours, **peers}
        yield Contest(
            name="ORU, 8 connections",
            unit="messages/s",
            runs={_shown(name): rate(port, oru, 8) for name, port in ports.items()},
            larger_is_better=True,
            goals={_shown(name): goal for name, goal in goals.items()},
        )
        yield Contest(
            name="ORU p99, 64 connections",
            unit="ms",
            runs={OURS: p99(ours, oru, 64), NAIVELY: p99(naive, oru, 64)},
            goals={NAIVELY: 10.0},
        )
        journal = stack.enter_context(peer(work_dir, "journal", JOURNAL))
        yield Contest(
            name="ORM, 8 connections",
            unit="messages/s",
            runs={OURS: rate(ours, orm, 8), "journal, fdatasync": rate(journal, orm, 8)},
            larger_is_better=True,
            goals={"journal, fdatasync": 0.5},
        )


def oru(number: str) -> bytes:
    """A final report of some 2.5 KB whose numbers and texts no earlier one had."""
    findings, impression = unseen(number)
    return (
        f"MSH|^~\\&|RIS|H001|SIGNGATE|H001|20260601090000||ORU^R01|{number}|P|2.4||||||UNICODE UTF-8\r"
        f"PID|1||P{number}^^^H001||测试甲||19660101|M\r"
        f"OBR|1|R{number}|{number}|C01^胸部CT平扫|||20260601083000|||||||||||||||20260601090000||CT|F\r"
        f"OBX|1|TX|FINDING^影像描述&GDT||{findings}||||||F\r"
        f"OBX|2|TX|IMPRESSION^诊断结论&IMP||{impression.replace(chr(10), '')}||||||F\r"
    ).encode()


def orm(number: str) -> bytes:
    """A new order."""
    return (
        f"MSH|^~\\&|HIS|H001|SIGNGATE|H001|20260601080000||ORM^O01|{number}|P|2.4||||||UNICODE UTF-8\r"
        f"PID|1||P{number}^^^H001||测试甲||19660101|M\r"
        f"PV1|1|O|神经内科\rORC|NW|R{number}|{number}\r"
        f"OBR|1|R{number}|{number}|C01^胸部CT平扫|||||||||头晕|||||||||||CT\r"
    ).encode()


def _extraction(config_dir: Path, with_hl7: bool) -> Iterator[Contest]:
    raw = oru("1")
    profile = load_profiles(config_dir / "hl7").default
    together: dict[str, list[int]] = {}
    for name, number in FIELDS:
        together.setdefault(name, []).append(number)

    def decoded() -> Message:
        head = header.read(raw)
        text = charset.decode(raw, head.codec, profile.message.codec)
        return Message(text.text, head.delimiters, text.codec)

    def ours() -> list[str]:
        message = decoded()
        found: list[str] = []
        for name, numbers in together.items():
            if segment := message.first(name):
                found += map(segment.value, numbers)
        return found

    runs: dict[str, Run] = {
        f"{OURS}, 17 fields": lambda: microseconds(ours, 500),
        f"{HL7APY_ALONE}, 17 fields": lambda: microseconds(_by_hl7apy(raw.decode()), 5),
        f"{OURS}, the whole report": lambda: microseconds(lambda: read_reports(decoded(), profile), 300),
    }
    goals = {f"{HL7APY_ALONE}, 17 fields": 500.0}
    if with_hl7:
        runs[f"{PYTHON_HL7_ALONE}, 17 fields"] = lambda: microseconds(_by_python_hl7(raw.decode()), 100)
        goals[f"{PYTHON_HL7_ALONE}, 17 fields"] = 20.0
    yield Contest(name="extraction", unit="us", runs=runs, goals=goals)


def _by_hl7apy(text: str) -> Callable[[], list[str]]:
    from hl7apy.parser import parse_message

    def read() -> list[str]:
        message = parse_message(text, find_groups=False)
        found = []
        for segment, field in FIELDS:
            first = getattr(message, segment.lower())[0]
            found.append(getattr(first, f"{segment}_{field}".lower()).to_er7())
        return found

    return read


def _by_python_hl7(text: str) -> Callable[[], list[str]]:
    import hl7

    def read() -> list[str]:
        message = hl7.parse(text)
        return [str(message.segment(segment)[field]) for segment, field in FIELDS]

    return read


def _shown(name: str) -> str:
    return name if name in {OURS, NAIVELY} else name + WITHOUT_KEEPING


def rate(port: int, make: Callable[[str], bytes], connections: int) -> Run:
    """Messages a second over so many connections."""
    return lambda: closed_loop(port, make, connections, SECONDS)[0]


def p99(port: int, make: Callable[[str], bytes], connections: int) -> Run:
    """Milliseconds within which 99 of 100 messages are answered."""
    return lambda: closed_loop(port, make, connections, SECONDS)[1].percentile(0.99) * 1000
