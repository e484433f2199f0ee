"""The collector of cycles in a process that runs for years."""

from __future__ import annotations

import gc

_THRESHOLDS = (50_000, 20, 20)
"""More objects than a generation of remembered reports has (:class:`plugin.text.recent.Recent`).

As one generation comes the one before the last goes, and nothing of either is in a cycle.  The collector, begun
before as many have gone as have come, would walk through all of it for nothing: at 20,000 that
took a tenth of the time of a report.
"""


def spare_what_is_loaded() -> None:
    """Leave the word lists and rules alone, which stay as long as the process does.

    With Python's own thresholds the collector walks through them again and again: a sixth of
    the time that the check of a report takes.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
