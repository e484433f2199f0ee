"""What a soak judges: growth after the warm-up, not the warm-up itself."""

from __future__ import annotations

import os

import pytest

from plugin.bench.soak import Sample, _look, growth


def sample(messages: int, own: float) -> Sample:
    return Sample(messages, messages / 500, own + 80, own, 12)


def own(each: Sample) -> float:
    return each.anonymous_mib


def test_caches_that_fill_in_the_warm_up_are_no_growth() -> None:
    filling = [sample(n * 1000, 100 + min(n, 10) * 5) for n in range(40)]
    assert growth(filling, own) == pytest.approx(0.0)


def test_a_leak_of_two_hundred_bytes_a_message_is_seen() -> None:
    leaking = [sample(n * 1000, 100 + n * 1000 * 200 / 2**20) for n in range(40)]
    assert growth(leaking, own) == pytest.approx(200e6 / 2**20)


def test_too_few_samples_say_nothing() -> None:
    assert growth([], own) == growth([sample(1, 1), sample(2, 50)], own) == 0.0


def test_a_look_at_a_process() -> None:
    seen = _look(os.getpid(), 500, 2.0)
    assert seen.resident_mib >= seen.anonymous_mib > 1
    assert seen.threads >= 1
    assert "250.0/s" in seen.line()
