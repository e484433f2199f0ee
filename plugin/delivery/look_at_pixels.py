"""Pixels of images that have passed through us, looked at beside the road and never on it.

The archive has the image and its sender has been told: what its pixels say may take a while.
One thread decodes, for at most a share of its time, so that a gateway under load keeps its
speed; images that would need too much memory to wait are not looked at, and that is counted.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import structlog

from plugin.domain.errors import InvalidInput
from plugin.domain.image import ImageFacts, PixelFigures

log = structlog.get_logger()

Measure = Callable[[bytes], PixelFigures]
Keep = Callable[[ImageFacts], None]

MOST_WAITING_BYTES = 128 << 20
SHARE = 0.5
"""Of the thread's time that is spent decoding; the rest belongs to the road."""


@dataclass(slots=True, kw_only=True)
class LookAtPixels:
    """A queue with a thread behind it, which runs while there is something to do.

    Parameters
    ----------
    measure
        A PS3.10 file to its figures.
    keep
        Takes the facts again, with the figures.
    """

    measure: Measure
    keep: Keep
    most_bytes: int = MOST_WAITING_BYTES
    share: float = SHARE
    passed_over: int = 0
    _waiting: deque[tuple[ImageFacts, bytes]] = field(default_factory=deque)
    _held: int = 0
    _stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _thread: threading.Thread | None = None

    def __call__(self, facts: ImageFacts, part10: bytes) -> None:
        """Ask for a look; returns at once."""
        with self._lock:
            if self._stopped.is_set() or self._held + len(part10) > self.most_bytes:
                self.passed_over += 1
                return
            self._waiting.append((facts, part10))
            self._held += len(part10)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="pixels", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Leave what waits; the images are in the archive."""
        self._stopped.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(timeout=10)

    def _run(self) -> None:
        while (item := self._next()) is not None:
            started = time.thread_time()
            self._look(*item)
            self._stopped.wait((time.thread_time() - started) * (1 / self.share - 1))

    def _next(self) -> tuple[ImageFacts, bytes] | None:
        with self._lock:
            if self._stopped.is_set() or not self._waiting:
                self._thread = None
                return None
            item = self._waiting.popleft()
            self._held -= len(item[1])
            return item

    def _look(self, facts: ImageFacts, part10: bytes) -> None:
        try:
            self.keep(replace(facts, pixels=self.measure(part10)))
        except InvalidInput as error:
            log.info("pixels not looked at", sop_instance_uid=facts.sop_instance_uid, why=error.text)
        except Exception as error:
            # A stranger's pixels through a decoder: whatever they raise must not end the thread.
            log.error(
                "pixels not looked at", sop_instance_uid=facts.sop_instance_uid, error=type(error).__name__
            )
