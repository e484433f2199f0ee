"""No test may fail because the machine is slow or busy: speed is measured by ``signgate bench``.

Count the work (tests/effort.py) or wait for the event (tests/patience.py) instead.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
WALL_CLOCKS = {"perf_counter", "monotonic"}
CLOCKS = WALL_CLOCKS | {"process_time", "thread_time"}
LONG_S = 60
"""So much patience ends only when something is broken."""


def _asks(clocks: set[str], node: ast.AST) -> bool:
    function = node.func if isinstance(node, ast.Call) else None
    return getattr(function, "attr", getattr(function, "id", "")) in clocks


def _measures(node: ast.AST, taken: set[str]) -> bool:
    """Whether there is a span of time in it: a difference with a clock's reading, or a name given to one."""
    parts = list(ast.walk(node))
    spans = [part for part in parts if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Sub)]
    asks = any(_asks(CLOCKS, part) for span in spans for part in ast.walk(span))
    return asks or any(isinstance(part, ast.Name) and part.id in taken for part in parts)


def _short(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float) and node.value < LONG_S


def _less(node: ast.Compare) -> Iterator[tuple[ast.AST, ast.AST]]:
    """The smaller and the larger side of each inequality."""
    sides = [node.left, *node.comparators]
    for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
        if isinstance(operator, ast.Lt | ast.LtE):
            yield left, right
        elif isinstance(operator, ast.Gt | ast.GtE):
            yield right, left


def stopwatches(source: str) -> Iterator[int]:
    """Lines that hold what was measured to a short limit, or that wait for a short time only."""
    nodes = list(ast.walk(ast.parse(source)))
    spans = [node for node in nodes if isinstance(node, ast.Assign) and _measures(node.value, set())]
    taken = {target.id for span in spans for target in span.targets if isinstance(target, ast.Name)}
    for node in nodes:
        if isinstance(node, ast.Compare):
            held = any(_measures(small, taken) and _short(large) for small, large in _less(node))
        else:
            held = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)
            held = held and _asks(WALL_CLOCKS, node.left) and _short(node.right)
        if held:
            yield node.lineno


@pytest.mark.parametrize(
    "line",
    [
        "assert time.perf_counter() - began < 0.5",
        "assert 2 > time.monotonic() - began",
        "took = time.process_time() - began\nassert min(took, 3) <= 1.0",
        "deadline = monotonic() + 10",
    ],
)
def test_a_stopwatch_is_seen(line: str) -> None:
    assert list(stopwatches(line)) == [line.count("\n") + 1]


@pytest.mark.parametrize(
    "line",
    [
        "assert time.monotonic() - began > 0.24",
        "assert time.thread_time() - began < BLOW_UP_S",
        "assert time.monotonic() < deadline",
        "deadline = time.monotonic() + PATIENCE_S",
        "assert len(rows) - 1 < 5",
    ],
)
def test_what_no_slow_machine_can_break_is_let_be(line: str) -> None:
    assert list(stopwatches(line)) == []


def test_no_test_holds_the_machine_to_a_time() -> None:
    files = sorted(TESTS.rglob("*.py"))
    found = [
        f"{file.relative_to(TESTS)}:{number}"
        for file in files
        for number in stopwatches(file.read_text(encoding="utf-8"))
    ]
    assert found == []
