"""What our messages say: the same message on every retry.

Control IDs are made from what a message says, so a job that is tried again sends the
message that its receiver may have taken already, under the identity it knows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from plugin.domain.critical import Alert
from plugin.domain.errors import InvalidInput
from plugin.domain.honour import PriorOffer
from plugin.domain.notice import Occasion
from plugin.domain.patient import Patient
from plugin.hl7.citation import citation_message
from plugin.hl7.envelope import Correspondent, Stamp, Subject
from plugin.hl7.writer import alert_message, label_message, score_message
from plugin.workflow.ports.unit_of_work import UnitOfWork

ACKNOWLEDGED = "acknowledged"
"""Occasion of an alert's message that tells who has read it back."""

CONTROL_ID_CHARS = 20
"""MSH-10 up to v2.6."""


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
        return told_alert(alert, subject, to, str(payload["occasion"]), int(payload["level"]))
    if kind == "message":
        kept = uow.messages.get(int(payload["message_id"]))
        return kept[1].raw if kept else None
    raise InvalidInput("kind", f"{kind!r} is not one of alert, score, label, citation, message")


def control_id_of(*parts: str) -> str:
    """A control ID that the same parts always give."""
    return hashlib.sha256("\x1e".join(parts).encode()).hexdigest()[:CONTROL_ID_CHARS].upper()


def told_alert(alert: Alert, subject: Subject, to: Correspondent, occasion: str, level: int) -> bytes:
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
