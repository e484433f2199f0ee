"""Who keeps failing is let rest, and then one question decides."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.analysers.breaker import Breaker
from plugin.domain.analysis import BreakerState
from tests.conftest import StoppedClock

PAUSE = timedelta(seconds=60)


@pytest.fixture
def breaker(clock: StoppedClock) -> Breaker:
    """It opens after three."""
    return Breaker(3, PAUSE, clock)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.ask()
        breaker.failed()


def test_only_failures_in_a_row_count(breaker: Breaker) -> None:
    for _ in range(3):
        fail(breaker, 2)
        assert breaker.ask()
        breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    assert breaker.open_until is None


def test_an_open_one_lets_nobody_through_until_its_time(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    assert breaker.state is BreakerState.OPEN
    assert breaker.open_until == clock() + PAUSE
    clock.advance(seconds=59)
    assert not breaker.ask()
    clock.advance(seconds=1)
    assert breaker.ask()


def test_then_one_question_goes_through_and_decides(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.advance(seconds=60)
    assert breaker.ask()
    assert breaker.state is BreakerState.TRIAL
    assert not breaker.ask(), "a second one while the first is asked"
    breaker.failed()
    assert breaker.state is BreakerState.OPEN
    assert breaker.open_until == clock() + PAUSE, "its rest begins anew"

    clock.advance(seconds=60)
    assert breaker.ask()
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    fail(breaker, 2)
    assert breaker.state is BreakerState.CLOSED, "it counts from nought"


def test_a_clock_that_is_set_back_holds_it_open_no_longer(breaker: Breaker, clock: StoppedClock) -> None:
    fail(breaker, 3)
    clock.now -= timedelta(days=1)
    assert breaker.ask()
