"""What another thread promised, brought to the event loop: one call for all that was kept together.

The writer commits messages of many connections at once and then keeps its promises one after
another.  To wake the loop for each, by the way of :func:`asyncio.wrap_future`, took longer than
to read the message.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

T = TypeVar("T")


class Promises:
    """Futures of other threads, awaited on one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._kept: deque[asyncio.Future[None]] = deque()
        self._called = False

    async def result(self, promise: Future[T]) -> T:
        """Result of `promise`, or its exception.

        Who is cancelled while he waits leaves the promise alone: were it cancelled with him, one
        peer that left would stall the thread that keeps it for all.
        """
        if not promise.done():
            waiting = self.loop.create_future()
            promise.add_done_callback(partial(self._note, waiting))
            await waiting
        return promise.result()

    def _note(self, waiting: asyncio.Future[None], _promise: Future[Any]) -> None:
        """On the promising thread, which must not be held up."""
        self._kept.append(waiting)
        if not self._called:
            self._called = True
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                self.loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        # Before the first is taken: what is noted after the last one calls again.
        self._called = False
        while self._kept:
            waiting = self._kept.popleft()
            if not waiting.done():
                waiting.set_result(None)
