"""The golden messages and the site profiles that ship."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hl7_peers import SteeredLoop

from plugin.hl7.profile import Profiles, load_profiles

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def profiles() -> Profiles:
    return load_profiles(ROOT / "config" / "hl7")


@pytest.fixture(scope="session")
def wire() -> Callable[[str], bytes]:
    """Bytes of a golden message by its name."""
    return lambda name: (ROOT / "tests" / "wire" / f"{name}.hl7").read_bytes()


@pytest.fixture
def loop(monkeypatch: pytest.MonkeyPatch) -> SteeredLoop:
    """The loop that the next listener runs on."""
    made = SteeredLoop()
    monkeypatch.setattr("plugin.hl7.server._new_event_loop", lambda: made)
    return made
