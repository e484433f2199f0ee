"""What leaves by HL7: one persistent connection a destination, in order, and the same message on every retry.

Control IDs are made from what a message says, so a job that is tried again sends the
message that its receiver may have taken already, under the identity it knows.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from plugin.domain.archive import Direction, Envelope
from plugin.domain.critical import Alert
from plugin.domain.errors import DeliveryFailed, InvalidInput, MessageRejected
from plugin.domain.honour import PriorOffer
from plugin.domain.notice import Notice, Occasion
from plugin.domain.patient import Patient
from plugin.hl7 import charset, header
from plugin.hl7.citation import citation_message
from plugin.hl7.client import Answer, Destination, MllpClient
from plugin.hl7.envelope import Correspondent, Stamp, Subject
from plugin.hl7.reader import Message
from plugin.hl7.writer import (
    alert_message,
    label_message,
    ping_message,
    score_message,
)
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.sent import keep_sent

ACKNOWLEDGED = "acknowledged"
"""Occasion of an alert's message that tells who has read it back."""

CONTROL_ID_CHARS = 20
"""MSH-10 up to v2.6."""


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

        Raises
        ------
        DeliveryFailed
            With ``retry`` as :meth:`plugin.hl7.client.MllpClient.deliver` judges.
        """
        line = self._line(name)
        with line.lock:
            answer = line.client.send(message)
        assert answer is not None  # noqa: S101 - an answer is always asked for
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


@dataclass(frozen=True, slots=True)
class Hl7Channel:
    """A channel of critical values (``plugin.delivery.send_notice.Channel``): ORU^R01 to one destination.

    A revoked alert is told by OBR-25 ``X``; an escalation repeats the alert under a control
    ID of its own.
    """

    outbound: Outbound
    destination: str
    name: str = "hl7"
    sent: Callable[[str, bytes, bytes, str], None] | None = None

    def send(self, notice: Notice) -> bool:
        """Send; ``False``: that a system took it does not mean that a person has seen it.

        Raises
        ------
        DeliveryFailed
            The destination did not take it, or its character set cannot hold it.
        """
        to = self.outbound.correspondent(self.destination)
        alert = notice.alert
        subject = Subject.of(alert.accession_number, notice.report, notice.order)
        try:
            level = alert.escalation_level + notice.reminder
            message = _alert(alert, subject, to, notice.occasion.value, level)
        except InvalidInput as error:
            raise DeliveryFailed(str(error), retry=False) from error
        answer = self.outbound.deliver(self.destination, message)
        if self.sent:
            self.sent(self.destination, message, answer, alert.accession_number)
        return False


def compose(uow: UnitOfWork, payload: Mapping[str, Any], to: Correspondent) -> bytes | None:
    """Message of a ``send_hl7`` job; ``None`` when what it is about does not exist.

    Parameters
    ----------
    payload
        ``kind`` and the identifier it needs: ``score`` and ``sheet_id``, ``label`` and
        ``label_id``, ``citation`` and ``offer_id``, ``alert`` and ``alert_id`` with ``occasion`` and ``level``, ``message``
        and ``message_id`` (an archived message passed on byte for byte).

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
    if kind == "citation":
        offer = uow.offers.get(str(payload["offer_id"]))
        if offer is None or offer.answered_at is None:
            return None
        stamp = _stamp(offer.offer_id, kind, offer.answered_at)
        return citation_message(offer, _ordered(uow, offer), to, stamp)
    if kind == "alert":
        alert = uow.alerts.get(str(payload["alert_id"]))
        if alert is None:
            return None
        due_at = str(payload.get("due_at", ""))
        # As it stood when it was asked for: a message that is tried again later is still the same.
        alert = replace(
            alert,
            due_at=datetime.fromisoformat(due_at) if due_at else alert.due_at,
            escalation_level=int(payload["level"]),
        )
        subject = _subject(uow, alert.accession_number)
        return _alert(alert, subject, to, str(payload["occasion"]), int(payload["level"]))
    if kind == "message":
        kept = uow.messages.get(int(payload["message_id"]))
        return kept[1].raw if kept else None
    raise InvalidInput("kind", f"{kind!r} is not one of alert, score, label, citation, message")


def control_id_of(*parts: str) -> str:
    """A control ID that the same parts always give."""
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()[:CONTROL_ID_CHARS].upper()


def keep(
    uow: UnitOfWork,
    destination: str,
    message: bytes,
    ack: bytes,
    at: datetime,
    *,
    accession_number: str = "",
    error: str = "",
) -> None:
    """Archive what was sent, found again by its control ID, its examination and its patient."""
    head = header.read(message)
    sent = Envelope(
        raw=message,
        peer=destination,
        received_at=at,
        sender=head.sender,
        control_id=head.text(10),
        message_type="^".join(filter(None, (head.code, head.event))),
        message_time=head.text(7),
        charset=head.codec,
        profile=destination,
        direction=Direction.SENT,
    )
    keep_sent(
        uow, sent, ack, error=error, accession_number=accession_number, patient_id=_patient_id(message, head)
    )


def _patient_id(message: bytes, head: header.Header) -> str:
    try:
        decoded = charset.decode(message, head.codec)
    except MessageRejected:
        return ""
    pid = Message(decoded.text, head.delimiters, decoded.codec).first("PID")
    return pid.value(3, 1) if pid else ""


def _alert(alert: Alert, subject: Subject, to: Correspondent, occasion: str, level: int) -> bytes:
    """The same occasion is the same message, whichever way it is sent."""
    at = alert.acknowledged_at if occasion == ACKNOWLEDGED and alert.acknowledged_at else alert.detected_at
    stamp = Stamp(control_id=control_id_of(alert.alert_id, occasion, str(level)), at=at)
    return alert_message(
        alert,
        subject,
        to,
        stamp,
        revoked=occasion == Occasion.REVOKED.value,
        acknowledged=occasion == ACKNOWLEDGED,
    )


def _stamp(identifier: str, kind: str, at: datetime) -> Stamp:
    return Stamp(control_id=control_id_of(identifier, kind), at=at)


def _ordered(uow: UnitOfWork, offer: PriorOffer) -> Subject:
    """The order that an offer was made for; one that was a draft only is known by its patient."""
    known = uow.exams.order(offer.asked_for)
    order = known[0] if known else uow.exams.find_order(offer.asked_for, offer.asked_for)
    if order is not None:
        return Subject.of(order.accession_number, None, order)
    patient = Patient(patient_id=offer.patient_id, assigning_authority=offer.assigning_authority)
    return Subject(patient=patient, accession_number="", exam_item=offer.exam_item, modality=offer.modality)


def _subject(uow: UnitOfWork, accession_number: str) -> Subject:
    known = uow.exams.order(accession_number)
    return Subject.of(accession_number, uow.reports.latest(accession_number), known[0] if known else None)
