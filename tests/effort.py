"""How much work something is, told without a clock: the same on every machine, however busy."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

BLOW_UP_S = 60.0
"""Sound code takes a second of the processor at most, what grows by the square minutes."""


def steps(work: Callable[[], object]) -> int:
    """Lines that `work` executes and functions written in C that it calls, in this thread.

    What happens inside a function written in C (a search, a split, a match of a regular
    expression) is one step, however long it takes: see :func:`blows_up` for that.
    """
    count = 0

    def line(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event == "c_call"

    tracing, collecting = sys.gettrace(), gc.isenabled()
    gc.disable()  # what is finalized meanwhile is the work of others
    sys.settrace(line)
    sys.setprofile(call)
    try:
        work()
    finally:
        sys.setprofile(None)
        sys.settrace(tracing)
        if collecting:
            gc.enable()
    return count


def blows_up(work: Callable[[], object]) -> bool:
    """Whether `work` takes a minute of the processor, which pauses and other processes do not count for.

    The input is to be so large that what grows faster than it takes several.
    """
    started = time.thread_time()
    work()
    return time.thread_time() - started > BLOW_UP_S
