"""The collector of cycles in a process that runs for years."""

from __future__ import annotations

import gc

_THRESHOLDS = (20_000, 20, 20)


def spare_what_is_loaded() -> None:
    """Leave the word lists and rules alone, which stay as long as the process does.

    With Python's own thresholds the collector walks through them again and again: a sixth of
    the time that the check of a report takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
