"""Streams of events that are open: so many at a time, and none when the server stops."""

from __future__ import annotations

import threading


class Streams:
    """Each holds a thread of the web server, for which its stop would wait.

    Parameters
    ----------
    most
        How many may be open at a time.
    """

    def __init__(self, most: int = 12) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._ended = threading.Event()

    def begin(self) -> bool:
        """Take a place, if there is one; who has it gives it back by :meth:`leave`."""
        return self._places.acquire(blocking=False)

    def leave(self) -> None:
        self._places.release()

    def end(self) -> None:
        """Let those that are open end now, and those that yet come after a look."""
        self._ended.set()

    def ended(self, within_s: float = 0.0) -> bool:
        """Whether they are to end; waits so long for it."""
        return self._ended.wait(within_s)
