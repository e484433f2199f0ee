"""The one shape of a benchmark: contestants that take turns, and what they reached."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Run = Callable[[], float]
"""One turn; returns the figure it reached, in the contest's unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """Contestants of one figure, ours first.

    Parameters
    ----------
    unit
        What `runs` return: ``messages/s``, ``us``.
    larger_is_better
        How the ratio is read: ours over theirs, or theirs over ours; above 1 we are ahead.
    goals
        Contestant to the ratio that is aimed at.
    """

    name: str
    unit: str
    runs: Mapping[str, Run]
    larger_is_better: bool = False
    goals: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """What one contestant reached over its turns."""

    contest: str
    contestant: str
    unit: str
    lowest: float
    median: float
    highest: float
    ahead: float | None = None
    goal: float | None = None

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    def line(self) -> str:
        """A row for a terminal."""
        ahead = "" if self.ahead is None else f"we are {self.ahead:.2f} times ahead"
        goal = "" if self.goal is None else f" (goal {self.goal:g})"
        return (
            f"{self.contest:<22} {self.contestant:<34} {self.median:>12,.2f} {self.unit:<12} "
            f"[{self.lowest:,.2f} – {self.highest:,.2f}] {ahead}{goal}"
        )


def held(contest: Contest, turns: int = 5) -> list[Figure]:
    """Let the contestants take turns, A B A B …, after one turn each that does not count."""
    for run in contest.runs.values():
        run()
    reached: dict[str, list[float]] = {name: [] for name in contest.runs}
    for _ in range(turns):
        for name, run in contest.runs.items():
            reached[name].append(run())
    ours = statistics.median(reached[next(iter(contest.runs))])
    return [
        Figure(
            contest=contest.name,
            contestant=name,
            unit=contest.unit,
            lowest=min(values),
            median=(median := statistics.median(values)),
            highest=max(values),
            ahead=_ahead(contest, ours, median) if number else None,
            goal=contest.goals.get(name),
        )
        for number, (name, values) in enumerate(reached.items())
    ]


def _ahead(contest: Contest, ours: float, theirs: float) -> float:
    if not ours or not theirs:
        return 0.0
    return ours / theirs if contest.larger_is_better else theirs / ours


def microseconds(act: Callable[[], object], times: int) -> float:
    """Mean time of `act` over a tight loop, in microseconds."""
    started = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - started) / times * 1e6


def a_second(acts: Iterable[Callable[[], object]]) -> float:
    """How many of `acts` are done in a second, one after another."""
    done = 0
    started = time.perf_counter()
    for act in acts:
        act()
        done += 1
    return done / (time.perf_counter() - started)
