"""How tests wait: for what is to happen, as long as it takes; never for a time, and then hoping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 120.0
"""Ends only what is broken: all is well long before, on however slow and busy a machine."""

T = TypeVar("T")


def until(happened: Callable[[], T], pause_s: float = 0.02) -> T:
    """Wait until `happened` says something true, and return it.

    Raises
    ------
    AssertionError
        When nothing came of it.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not (found := happened()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(pause_s)
    return found
