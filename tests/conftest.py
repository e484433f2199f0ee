"""Fixtures for all tests: tools that must be there, the shared material, a clock that stands still."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import structlog
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"

# An example that takes long says something of the machine, and nothing of what is tested; and what an
# example finds is found every time, by everybody.  `--hypothesis-profile=hunting` looks for new ones.
settings.register_profile("hunting", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("unhurried", settings.get_profile("hunting"), derandomize=True, database=None)
settings.load_profile("unhurried")


def need_tool(*names: str) -> str:
    """Path of the first of `names` on this machine; skip without it, but fail on CI."""
    for name in names:
        if path := shutil.which(name):
            return path
    reason = f"{' or '.join(names)} is not installed (make system)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(autouse=True)
def _log_as_by_default() -> Iterator[None]:
    """A test that runs a command sets the process's log up; the next one must not feel it."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared material beside the checkout; tests that read it skip without it."""
    if not (SHARED / "README.md").is_file():
        pytest.skip("../shared is not there")
    return SHARED


class StoppedClock:
    """A clock that moves only when told."""

    def __init__(self, now: datetime = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **parts: float) -> None:
        self.now += timedelta(**parts)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()
