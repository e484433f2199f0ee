"""Whose desktop shows what: a session is listened to while its person looks at our page."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from plugin.fhircast.settings import FhircastSettings
from plugin.fhircast.subscriber import Subscriber
from plugin.kit.pinned_call import Wire

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Watched:
    """A session, and when its page asked last."""

    subscriber: Subscriber
    asked_at: datetime


@dataclass(slots=True, kw_only=True)
class Desktops:
    """Answers which report is on top of a person's desktop.

    Parameters
    ----------
    token
        The hub's bearer token; empty sends none.
    """

    settings: FhircastSettings
    token: str
    wire: Wire
    clock: Callable[[], datetime]
    jitter: Callable[[], float]
    _watched: dict[str, _Watched] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _closed: bool = False

    def top(self, staff_id: str) -> str:
        """Accession number of the report that is open; empty for none, or while nobody can tell.

        The first question of a person subscribes him; it is answered at once, from what is
        known by then.
        """
        if not staff_id:
            return ""
        now = self.clock()
        with self._lock:
            if self._closed:
                return ""
            idle = self._idle(now)
            watched = self._watched.get(staff_id)
            if watched is None and len(self._watched) < self.settings.most:
                watched = self._watched[staff_id] = _Watched(self._subscribed(staff_id), now)
            elif watched is not None:
                watched.asked_at = now
        for each in idle:
            each.stop(0)
        return watched.subscriber.open_reports.top if watched else ""

    def close(self) -> None:
        """Listen to nobody any more."""
        with self._lock:
            self._closed = True
            every = [each.subscriber for each in self._watched.values()]
            self._watched.clear()
        for each in every:
            each.stop(0)
        for each in every:
            each.stop()

    def _subscribed(self, staff_id: str) -> Subscriber:
        subscriber = Subscriber(
            settings=self.settings,
            topic=self.settings.topic_of(staff_id),
            token=self.token,
            wire=self.wire,
            jitter=self.jitter,
        )
        subscriber.start()
        log.info("fhircast.subscribing", staff_id=staff_id)
        return subscriber

    def _idle(self, now: datetime) -> list[Subscriber]:
        """Take out those whose page asks no more."""
        longest = timedelta(minutes=self.settings.idle_minutes)
        gone = [staff_id for staff_id, each in self._watched.items() if now - each.asked_at > longest]
        return [self._watched.pop(staff_id).subscriber for staff_id in gone]
