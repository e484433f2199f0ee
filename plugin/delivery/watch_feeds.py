"""Has a sender fallen silent, are messages refused more than they should be, does a receiver's queue grow?

Asked by the banner of every console page and by ``/metrics``.  A silent sender is no fault of
this node, so ``/readyz`` does not fail for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Protocol

from pydantic import Field

from plugin.domain.errors import StoreUnavailable
from plugin.domain.fault import Fault
from plugin.domain.listing import FeedRow, QueueRow
from plugin.kit.registry import Options

HOUR = timedelta(hours=1)
ASK_EVERY = timedelta(seconds=15)
"""An answer is used again so long: every open page asks."""
_NAMED = 2
"""Of each kind so many stand in the banner: what a sender writes into MSH-3 must not fill the page."""
_NAMELESS = {"": "no_header", "|": "no_sender"}
"""Senders without a name, by how the archive keeps them: a text of their own stands for it."""


class FeedSettings(Options):
    """``[feeds]``: when the people who run SignGate are told of the HL7 traffic.

    Parameters
    ----------
    silent_minutes
        Sender (MSH-3, or ``application|facility``) to the minutes without a message that are odd.
    refused_percent
        Share of a sender's messages of the last hour that may be refused …
    refused_at_least
        … once so many were.
    queue_depth
        Jobs that may wait for one receiver, those that were tried in vain and pause among them.
    queue_minutes
        How long the oldest of them may have been due, however often it was tried since.
    """

    silent_minutes: dict[str, Annotated[int, Field(ge=1)]] = {}
    refused_percent: Annotated[float, Field(ge=0, le=100)] = 10
    refused_at_least: Annotated[int, Field(ge=1)] = 3
    queue_depth: Annotated[int, Field(ge=1)] = 500
    queue_minutes: Annotated[int, Field(ge=1)] = 15


class FeedReading(Protocol):
    """What the store tells of the traffic."""

    def feeds(self, since: datetime, heard_since: datetime) -> Sequence[FeedRow]:
        """Each sender's messages since then, and when it was heard last, of those heard since `heard_since`."""
        ...

    def queues(self) -> Sequence[QueueRow]:
        """Jobs that wait or were given up, by receiver."""
        ...


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing to look into: ``silent``, ``refused``, ``queue`` or ``parked``, at whom, and what to say of it."""

    kind: str
    peer: str
    fault: Fault


@dataclass(slots=True, kw_only=True)
class WatchFeeds:
    """Compares the traffic with what the site says is normal.

    Parameters
    ----------
    started_at
        A sender that has never been heard is silent from then on.
    """

    reading: FeedReading
    settings: FeedSettings
    clock: Callable[[], datetime]
    started_at: datetime
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _asked_at: datetime | None = None
    _found: tuple[Alarm, ...] = ()

    def alarms(self) -> tuple[Alarm, ...]:
        """What is odd now."""
        with self._lock:
            now = self.clock()
            if self._asked_at is None or not timedelta() <= now - self._asked_at < ASK_EVERY:
                self._found, self._asked_at = tuple(self._look(now)), now
            return self._found

    def faults(self) -> tuple[Fault, ...]:
        """The same for the banner: of each kind the first, and how many more there are."""
        by_kind: dict[str, list[Fault]] = {}
        for alarm in self.alarms():
            by_kind.setdefault(alarm.kind, []).append(alarm.fault)
        lines: list[Fault] = []
        for kind, faults in by_kind.items():
            lines += faults[:_NAMED]
            if more := faults[_NAMED:]:
                lines.append(Fault(f"more_{kind}", {"count": len(more)}))
        return tuple(lines)

    def metrics(self) -> str:
        """Gauges in the text format of Prometheus."""
        counts: dict[tuple[str, str], int] = {(alarm.kind, alarm.peer): 1 for alarm in self.alarms()}
        lines = ["# HELP signgate_feed_alarm HL7 traffic that is odd", "# TYPE signgate_feed_alarm gauge"]
        lines += [
            f'signgate_feed_alarm{{kind="{kind}",peer="{_label(peer)}"}} {value}'
            for (kind, peer), value in sorted(counts.items())
        ]
        try:
            queues = self.reading.queues()
        except StoreUnavailable:
            queues = ()
        lines += [
            "# HELP signgate_queue_depth Jobs that wait, or pause after a failure",
            "# TYPE signgate_queue_depth gauge",
        ]
        lines += [f'signgate_queue_depth{{peer="{_label(row.peer)}"}} {row.waiting}' for row in queues]
        lines += [
            "# HELP signgate_dead_letters Jobs that were given up",
            "# TYPE signgate_dead_letters gauge",
        ]
        lines += [f'signgate_dead_letters{{peer="{_label(row.peer)}"}} {row.parked}' for row in queues]
        return "\n".join(lines) + "\n"

    def _look(self, now: datetime) -> Iterable[Alarm]:
        try:
            feeds = {row.sender: row for row in self.reading.feeds(now - HOUR, now - self._longest_silence())}
            queues = self.reading.queues()
        except StoreUnavailable:
            return
        yield from self._silent(feeds, now)
        yield from self._refused(feeds)
        yield from self._queues(queues, now)

    def _longest_silence(self) -> timedelta:
        """How far back senders are looked for; the whole archive would be a long way."""
        return timedelta(minutes=max(self.settings.silent_minutes.values(), default=0)) + HOUR

    def _silent(self, feeds: Mapping[str, FeedRow], now: datetime) -> Iterable[Alarm]:
        for sender, minutes in self.settings.silent_minutes.items():
            heard = [row.last_at for name, row in feeds.items() if sender in (name, name.partition("|")[0])]
            # Nobody is blamed for a time in which we did not listen.
            if now - max((*heard, self.started_at)) <= timedelta(minutes=minutes):
                continue
            quiet = now - max(heard) if heard else self._longest_silence()
            lasted, more = int(quiet.total_seconds() // 60), not heard
            kind = "long_silent" if more else "silent"
            yield Alarm("silent", sender, Fault(kind, {"peer": sender, "minutes": lasted}))

    def _refused(self, feeds: Mapping[str, FeedRow]) -> Iterable[Alarm]:
        most_first = sorted(feeds.values(), key=lambda row: -row.refused)
        for row in most_first:
            if row.refused < self.settings.refused_at_least:
                continue
            share = 100 * row.refused / row.received
            if share > self.settings.refused_percent:
                values: dict[str, object] = {"refused": row.refused, "received": row.received}
                values["peer"] = (
                    Fault(_NAMELESS[row.sender]) if row.sender in _NAMELESS else row.sender.rstrip("|")
                )
                yield Alarm("refused", row.sender or "?", Fault("refused", values))

    def _queues(self, queues: Iterable[QueueRow], now: datetime) -> Iterable[Alarm]:
        longest = timedelta(minutes=self.settings.queue_minutes)
        for row in queues:
            if row.parked:
                yield Alarm("parked", row.peer, Fault("parked", {"peer": row.peer, "count": row.parked}))
            late = row.waiting_since is not None and now - row.waiting_since > longest
            if row.waiting > self.settings.queue_depth or late:
                yield Alarm("queue", row.peer, Fault("queue", {"peer": row.peer, "count": row.waiting}))


def _label(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
