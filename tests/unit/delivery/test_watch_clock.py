"""The watch over the clock outlives a mistake of ours."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from patience import PATIENCE_S

from plugin.delivery import watch_clock
from plugin.delivery.watch_clock import WatchClock


def test_a_mistake_while_a_step_is_written_down_does_not_end_the_watch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watch_clock, "LOOK_EVERY_S", 0.01)
    wall, kept, tries = [datetime(2026, 6, 1, 8, 0, tzinfo=UTC)], threading.Event(), []

    def stepped(by: timedelta, now: datetime) -> None:
        tries.append(by)
        if len(tries) == 1:
            raise ValueError("a mistake of ours")
        kept.set()

    watch = WatchClock(lambda: wall[0], lambda: 0.0, stepped)
    wall[0] -= timedelta(hours=1)
    watch.start()
    try:
        assert kept.wait(PATIENCE_S), "the step is found again"
    finally:
        watch.stop()
    assert tries == [timedelta(hours=-1)] * 2
