"""What left is archived as what came is."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.domain.archive import Direction, Envelope
from plugin.domain.errors import DeliveryFailed, MessageRejected
from plugin.hl7 import charset, header
from plugin.hl7.answer import read_answer
from plugin.hl7.client import REMEMBERED
from plugin.hl7.reader import Message
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.sent import keep_sent

ANSWERED_WITHIN = timedelta(days=7)
"""How long after its commit a message may still be answered by its application."""


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


def recalled(uow: UnitOfWork, destination: str, now: datetime) -> dict[str, str]:
    """What a destination has taken of late, as :meth:`plugin.hl7.client.MllpClient.recall` takes it."""
    taken = uow.messages.taken(destination, now - ANSWERED_WITHIN, REMEMBERED)
    return {control_id: sender if _is_commit(ack) else "" for sender, control_id, ack in reversed(taken)}


def _is_commit(ack: bytes) -> bool:
    """Whether an answer says no more than that the message was stored (CA)."""
    try:
        return bool(ack) and read_answer(ack).code == "CA"
    except DeliveryFailed:
        return False


def _patient_id(message: bytes, head: header.Header) -> str:
    try:
        decoded = charset.decode(message, head.codec)
    except MessageRejected:
        return ""
    pid = Message(decoded.text, head.delimiters, decoded.codec).first("PID")
    return pid.value(3, 1) if pid else ""
