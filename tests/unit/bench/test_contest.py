"""Contestants take turns; medians and ratios are quoted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugin.bench.contest import Contest, a_second, held, microseconds


def turns(log: list[str], name: str, *values: float) -> Callable[[], float]:
    remaining = iter(values)

    def run() -> float:
        log.append(name)
        return next(remaining)

    return run


def test_the_first_turn_does_not_count_and_the_rest_alternate() -> None:
    log: list[str] = []
    ours, theirs = turns(log, "A", 99.0, 1.0, 2.0, 3.0), turns(log, "B", 99.0, 8.0, 4.0, 6.0)
    figures = held(Contest(name="x", unit="us", runs={"ours": ours, "theirs": theirs}), turns=3)
    assert log == ["A", "B"] * 4
    assert [(f.contestant, f.lowest, f.median, f.highest) for f in figures] == [
        ("ours", 1.0, 2.0, 3.0),
        ("theirs", 4.0, 6.0, 8.0),
    ]
    assert [f.ahead for f in figures] == [None, 3.0]


@pytest.mark.parametrize(("larger_is_better", "ahead"), [(False, 0.5), (True, 2.0)])
def test_above_one_we_are_ahead_whichever_way_the_figure_counts(larger_is_better: bool, ahead: float) -> None:
    runs = {"ours": lambda: 20.0, "theirs": lambda: 10.0}
    contest = Contest(
        name="x", unit="1/s", runs=runs, larger_is_better=larger_is_better, goals={"theirs": 4.0}
    )
    _, theirs = held(contest, turns=1)
    assert theirs.ahead == ahead
    assert f"we are {ahead:.2f} times ahead (goal 4)" in theirs.line()


def test_nothing_reached_is_no_ratio() -> None:
    _, theirs = held(Contest(name="x", unit="us", runs={"ours": lambda: 0.0, "b": lambda: 1.0}), turns=1)
    assert theirs.ahead == 0.0
    assert theirs.as_json() == {
        "contest": "x", "contestant": "b", "unit": "us", "lowest": 1.0, "median": 1.0, "highest": 1.0,
        "ahead": 0.0, "goal": None,
    }  # fmt: skip


def test_both_clocks_call_as_often_as_they_say() -> None:
    done: list[int] = []
    assert microseconds(lambda: done.append(1), 50) > 0
    assert len(done) == 50
    assert a_second([lambda: done.append(1)] * 30) > 0
    assert len(done) == 80
