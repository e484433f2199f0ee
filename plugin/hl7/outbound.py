"""What leaves by HL7: one persistent connection a destination, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from plugin.domain.errors import DeliveryFailed
from plugin.hl7.acknowledgment import is_awaited
from plugin.hl7.client import Answer, Destination, MllpClient
from plugin.hl7.compose import control_id_of
from plugin.hl7.envelope import Correspondent, Stamp
from plugin.hl7.writer import ping_message


@dataclass(frozen=True, slots=True)
class Line:
    """One destination: its address, how it wants to be addressed, and the lock that keeps messages in order."""

    client: MllpClient
    correspondent: Correspondent
    lock: threading.Lock = field(default_factory=threading.Lock)


Refused = Callable[[str, bytes, bytes, str], None]
"""``refused(destination, message, acknowledgement, reason)``"""


class Outbound:
    """All destinations of a site, by name.

    Parameters
    ----------
    refused
        Told of each message that a receiver refused, so that its answer is kept.
    """

    def __init__(
        self,
        destinations: Mapping[str, tuple[Destination, Correspondent]],
        refused: Refused | None = None,
    ) -> None:
        self._refused = refused
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
            answer = line.client.send(message, expect_answer=is_awaited(message))
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
        for line in self._lines.values():
            with line.lock:
                line.client.close()

    def _line(self, name: str) -> Line:
        try:
            return self._lines[name]
        except KeyError:
            known = ", ".join(self._lines) or "none"
            raise DeliveryFailed(f"no HL7 destination {name!r} (known: {known})", retry=False) from None
