"""What leaves by HL7: one persistent connection a destination, in order, and the same message on every retry.

Control IDs are made from what a message says, so a job that is tried again sends the
message that its receiver may have taken already, under the identity it knows.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.domain.notice import Notice, Occasion
from plugin.hl7.client import Destination, MllpClient
from plugin.hl7.writer import Correspondent, Stamp, Subject, alert_message, label_message, score_message
from plugin.workflow.ports import UnitOfWork

CONTROL_ID_CHARS = 20
"""MSH-10 up to v2.6."""


@dataclass(frozen=True, slots=True)
class Line:
    """One destination: its address, how it wants to be addressed, and the lock that keeps messages in order."""

    client: MllpClient
    correspondent: Correspondent
    lock: threading.Lock = field(default_factory=threading.Lock)


class Outbound:
    """All destinations of a site, by name."""

    def __init__(self, destinations: Mapping[str, tuple[Destination, Correspondent]]) -> None:
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

    def deliver(self, name: str, message: bytes) -> None:
        """Send one message and wait until its receiver has taken it.

        Raises
        ------
        DeliveryFailed
            With ``retry`` as :meth:`plugin.hl7.client.MllpClient.deliver` judges.
        """
        line = self._line(name)
        with line.lock:
            line.client.deliver(message)

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


@dataclass(frozen=True, slots=True)
class Hl7Channel:
    """A channel of critical values (``plugin.delivery.send_notice.Channel``): ORU^R01 to one destination.

    A revoked alert is told by OBR-25 ``X``; an escalation repeats the alert under a control
    ID of its own.
    """

    outbound: Outbound
    destination: str
    name: str = "hl7"

    def send(self, notice: Notice) -> bool:
        """Send; ``False``: that a system took it does not mean that a person has seen it.

        Raises
        ------
        DeliveryFailed
            The destination did not take it, or its character set cannot hold it.
        """
        to = self.outbound.correspondent(self.destination)
        alert = notice.alert
        control_id = control_id_of(alert.alert_id, notice.occasion.value, str(alert.escalation_level))
        subject = Subject.of(alert.accession_number, notice.report, notice.order)
        revoked = notice.occasion is Occasion.REVOKED
        stamp = Stamp(control_id=control_id, at=alert.detected_at)
        try:
            message = alert_message(alert, subject, to, stamp, revoked=revoked)
        except InvalidInput as error:
            raise DeliveryFailed(str(error), retry=False) from error
        self.outbound.deliver(self.destination, message)
        return False


def compose(uow: UnitOfWork, payload: Mapping[str, Any], to: Correspondent) -> bytes | None:
    """Message of a ``send_hl7`` job; ``None`` when what it is about does not exist.

    Parameters
    ----------
    payload
        ``kind`` and the identifier it needs: ``score`` and ``sheet_id``, ``label`` and
        ``label_id``, ``message`` and ``message_id`` (an archived message passed on byte for byte).

    Raises
    ------
    InvalidInput
        For another kind, or a character set that cannot hold the text.
    """
    kind = str(payload["kind"])
    if kind == "score":
        sheet = uow.sheets.get(str(payload["sheet_id"]))
        if sheet is None:
            return None
        subject = _subject(uow, sheet.accession_number)
        return score_message(sheet, subject, to, _stamp(sheet.sheet_id, kind, sheet.scored_at))
    if kind == "label":
        label = uow.labels.get(str(payload["label_id"]))
        if label is None:
            return None
        at = label.withdrawn_at or label.decided_at
        identity = _stamp(label.label_id, "withdrawn" if label.withdrawn_at else "label", at)
        return label_message(label, _subject(uow, label.accession_number), to, identity)
    if kind == "message":
        kept = uow.messages.get(int(payload["message_id"]))
        return kept[1].raw if kept else None
    raise InvalidInput("kind", f"{kind!r} is not one of score, label, message")


def control_id_of(*parts: str) -> str:
    """A control ID that the same parts always give."""
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()[:CONTROL_ID_CHARS].upper()


def _stamp(identifier: str, kind: str, at: datetime) -> Stamp:
    return Stamp(control_id=control_id_of(identifier, kind), at=at)


def _subject(uow: UnitOfWork, accession_number: str) -> Subject:
    known = uow.exams.order(accession_number)
    return Subject.of(accession_number, uow.reports.latest(accession_number), known[0] if known else None)
