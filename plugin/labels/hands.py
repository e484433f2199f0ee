"""Work on many images, on every core: codecs hold the interpreter, so threads would take turns."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Protocol, TypeVar

from plugin.kit.cores import usable_cores

SHARED_FROM = 48
"""Images from which on starting processes is worth it."""

_AT_ONCE = 4
"""Images handed over together."""

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")


class Spread(Protocol):
    """`map` over a sequence, in order; what it raises, it raises when nobody works on the rest any more."""

    def __call__(self, act: Callable[[_Given], _Made], given: Sequence[_Given], /) -> Iterator[_Made]: ...


@contextmanager
def hands(images: int) -> Iterator[Spread]:
    """One pair in this process for few images; for many, as many as there are cores."""
    cores = usable_cores()
    if images < SHARED_FROM or cores < 2:
        yield map
        return
    # A fork would copy locks that other threads hold.
    way = "fork" if threading.active_count() == 1 and sys.platform == "linux" else "spawn"
    with ProcessPoolExecutor(cores, mp_context=get_context(way)) as pool:
        yield partial(_shared, pool)


def _shared(pool: Executor, act: Callable[[_Given], _Made], given: Sequence[_Given]) -> Iterator[_Made]:
    parts = [given[at : at + _AT_ONCE] for at in range(0, len(given), _AT_ONCE)]
    futures = [pool.submit(_each, act, part) for part in parts]
    try:
        for future in futures:
            yield from future.result()
    finally:
        for future in futures:
            future.cancel()
        wait(futures)


def _each(act: Callable[[_Given], _Made], part: Sequence[_Given]) -> list[_Made]:
    return [act(each) for each in part]
