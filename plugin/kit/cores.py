"""How many cores there are for this process."""

from __future__ import annotations

import os
import sys


def usable_cores() -> int:
    """Cores that this process may run on: a container or a unit (``AllowedCPUs=``) may have fewer than the machine."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
