"""The golden messages and the site profiles that ship."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from plugin.hl7.profile import Profiles, load_profiles

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def profiles() -> Profiles:
    return load_profiles(ROOT / "config" / "hl7")


@pytest.fixture(scope="session")
def wire() -> Callable[[str], bytes]:
    """Bytes of a golden message by its name."""
    return lambda name: (ROOT / "tests" / "wire" / f"{name}.hl7").read_bytes()
