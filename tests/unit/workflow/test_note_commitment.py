"""An archive that loses what it took gets it again, and time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from plugin.workflow.note_commitment import LONGEST_PAUSE, pause


@pytest.mark.parametrize(("losses", "minutes"), [(1, 0), (2, 1), (3, 2), (6, 16)])
def test_the_pause_doubles_after_the_second_loss(losses: int, minutes: int) -> None:
    assert pause(losses) == timedelta(minutes=minutes)


@pytest.mark.parametrize("losses", [12, 100, 10_000])
def test_the_pause_is_bounded(losses: int) -> None:
    assert pause(losses) == LONGEST_PAUSE
