"""What leaves by HL7: one persistent connection a destination, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import structlog

from plugin.domain.errors import DeliveryFailed, StoreUnavailable
from plugin.hl7.acknowledgment import is_awaited
from plugin.hl7.answer import Answer
from plugin.hl7.client import Destination, Late, MllpClient
from plugin.hl7.compose import control_id_of
from plugin.hl7.envelope import Correspondent, Stamp
from plugin.hl7.writer import ping_message
from plugin.kit.where import where

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Line:
    """One destination: its address, how it wants to be addressed, and the lock that keeps messages in order."""

    client: MllpClient
    correspondent: Correspondent
    lock: threading.Lock = field(default_factory=threading.Lock)
    recalled: threading.Event = field(default_factory=threading.Event)


Refused = Callable[[str, bytes, bytes, str], None]
"""``refused(destination, message, acknowledgement, reason)``"""
NoteLate = Callable[[str, Late], bool]
"""``note(destination, late)``: ``False`` when the message is not in the archive (yet)."""
Recall = Callable[[str], Mapping[str, str]]
"""``recall(destination)``: what :meth:`plugin.hl7.client.MllpClient.recall` takes, out of the archive."""

_LISTEN_EVERY_S = 1.0
_TRIES = 60
"""Times that an answer is shown to the archive: the message enters it in the commit that ends its job."""


class Outbound:
    """All destinations of a site, by name.

    Parameters
    ----------
    refused
        Told of each message that a receiver refused, so that its answer is kept.
    note_late
        Told what an application answers after its commit acknowledgement has let a message go; it is
        listened for from then on, whether or not another message is sent.
    recall
        Asked before the first message to a destination, so that answers to what an earlier process
        sent are known as what they are.
    """

    def __init__(
        self,
        destinations: Mapping[str, tuple[Destination, Correspondent]],
        refused: Refused | None = None,
        note_late: NoteLate | None = None,
        recall: Recall | None = None,
    ) -> None:
        self._refused, self._note_late, self._recall = refused, note_late, recall
        self._awaiting, self._closing = threading.Event(), threading.Event()
        self._untold: list[tuple[str, Late, int]] = []
        self._starting = threading.Lock()
        self._listener = threading.Thread(target=self._listen, name="hl7-late", daemon=True)
        self._lines = {
            name: Line(MllpClient(destination), correspondent)
            for name, (destination, correspondent) in destinations.items()
        }

    def correspondent(self, name: str) -> Correspondent:
        """How a destination wants to be addressed.

        Raises
        ------
        DeliveryFailed
            For good, when the site has no destination of this name.
        """
        return self._line(name).correspondent

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._lines)

    def deliver(self, name: str, message: bytes) -> bytes:
        """Send one message, wait until its receiver has taken it, and return the acknowledgement.

        A message that is passed on may itself want no answer (MSH-15 and MSH-16 are ``NE``); it
        is done when it is sent, and what is returned is empty.

        Raises
        ------
        DeliveryFailed
            With ``retry`` as :meth:`plugin.hl7.client.MllpClient.deliver` judges.
        """
        line = self._line(name)
        with line.lock:
            self._remember(name, line)
            answer = line.client.send(message, expect_answer=is_awaited(message))
            awaits_late = line.client.awaits_late
        if awaits_late:
            self._await_late()
        if answer is None:
            return b""
        if not answer.accepted:
            refusal = line.client.refusal(answer)
            if self._refused:
                self._refused(name, message, answer.raw, refusal.text)
            raise refusal
        return answer.raw

    def ping(self, name: str) -> Answer:
        """Ask whether the receiver speaks HL7: any acknowledgement of an empty query will do.

        Raises
        ------
        DeliveryFailed
            When it is not there or answers no HL7.
        """
        line = self._line(name)
        stamp = Stamp(control_id=control_id_of("ping", str(datetime.now(UTC))), at=datetime.now(UTC))
        with line.lock:
            answer = line.client.send(ping_message(line.correspondent, stamp))
        assert answer is not None  # noqa: S101 - an answer is always asked for
        return answer

    def close(self) -> None:
        """Drop all connections."""
        self._closing.set()
        self._awaiting.set()
        if self._listener.is_alive():
            self._listener.join()
        for line in self._lines.values():
            with line.lock:
                line.client.close()

    def _remember(self, name: str, line: Line) -> None:
        if self._recall is None or line.recalled.is_set():
            return
        try:
            line.client.recall(self._recall(name))
        except StoreUnavailable as error:
            raise DeliveryFailed(f"{name}: {error}", retry=True) from error
        line.recalled.set()

    def _await_late(self) -> None:
        if self._note_late is None or self._closing.is_set():
            return
        with self._starting:
            if self._listener.ident is None:
                self._listener.start()
        self._awaiting.set()

    def _listen(self) -> None:
        """Ask the lines for late answers while there may be any; the thread begins with the first that is awaited."""
        while self._awaiting.wait() and not self._closing.wait(_LISTEN_EVERY_S):
            self._awaiting.clear()
            more = [self._hear(name, line) for name, line in self._lines.items()]
            self._untold = [again for each in self._untold if (again := self._told(*each))]
            if self._untold or any(more):
                self._awaiting.set()

    def _hear(self, name: str, line: Line) -> bool:
        """Take what has come late on a line; whether there may be more."""
        if not line.lock.acquire(blocking=False):
            return True  # it is sending, and sees for itself what comes
        try:
            if line.client.awaits_late:
                self._untold += [(name, late, _TRIES) for late in line.client.late()]
            return line.client.awaits_late
        finally:
            line.lock.release()

    def _told(self, name: str, late: Late, tries: int) -> tuple[str, Late, int] | None:
        """Tell of one; what is to be told again, if anything."""
        assert self._note_late is not None  # noqa: S101 - nobody listens without it
        try:
            if self._note_late(name, late):
                return None
        except StoreUnavailable:
            return name, late, tries
        except Exception as error:  # the thread listens for all destinations
            log.error("hl7.late_answer_failed", error=type(error).__name__, where=where(error))
            return None
        if tries > 1:
            return name, late, tries - 1
        log.warning("hl7.late_answer_to_nothing", destination=name, control_id=late.answer.control_id)
        return None

    def _line(self, name: str) -> Line:
        try:
            return self._lines[name]
        except KeyError:
            known = ", ".join(self._lines) or "none"
            raise DeliveryFailed(f"no HL7 destination {name!r} (known: {known})", retry=False) from None
