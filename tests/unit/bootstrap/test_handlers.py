"""What comes by the calendar comes again, also after a day on which it failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plugin.bootstrap.handlers import calendar_handlers
from plugin.bootstrap.surroundings import jitter
from plugin.delivery.worker import Worker, WorkerSettings
from plugin.domain.delivery import JobKind, JobState, NewJob
from plugin.store.jobs import SqlJobStore
from tests.conftest import StoppedClock
from tests.unit.workflow.conftest import world_of


class Broken:
    """A journey that fails whenever it is taken."""

    def __init__(self, sound: Any) -> None:
        self.schedule = getattr(sound, "schedule", None)
        self.again = getattr(sound, "again", None)

    def __call__(self, *_: Any) -> int:
        raise ValueError("a mistake of ours")

    review = waiting = __call__


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (JobKind.KEEP_HOUSE, "house"),
        (JobKind.REVIEW_LABELS, "review_labels"),
        (JobKind.REMIND_DUE, "reminders"),
    ],
)
def test_the_next_time_is_asked_for_before_this_one_can_fail(
    tmp_path: Path, clock: StoppedClock, kind: JobKind, name: str
) -> None:
    with world_of(tmp_path, clock) as world:
        journeys = replace(world.journeys, **{name: Broken(getattr(world.journeys, name))})
        jobs = SqlJobStore(world.store, clock)
        today = NewJob(kind=kind, lane="today", key="today", max_attempts=1)
        world.store.write(lambda uow: uow.outbox.enqueue(today))
        handlers = calendar_handlers(world.store, journeys)
        worker = Worker(jobs, {kind: handlers[kind]}, clock, jitter, WorkerSettings())
        assert worker.run_due(1) == 1
        (failed,) = jobs.listing(JobState.PARKED)
        (following,) = jobs.listing(JobState.PENDING)
    assert "ValueError at test_handlers.py:29" in failed.last_error
    assert (following.kind, following.due_at > clock()) == (kind, True)
    assert following.due_at <= clock() + timedelta(days=1)
