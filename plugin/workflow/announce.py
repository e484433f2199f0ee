"""Who outside is told by HL7, and how a report that waited is let go.

A destination's alerts, scores and labels stand in one lane and leave in their order.  A
report that is passed on stands in the lane of its destination and its examination: what
waits for a popup keeps only that examination's later messages back, and nobody else's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from plugin.domain.critical import Alert
from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.gate import Gate, SignAction
from plugin.domain.honour import PriorOffer
from plugin.domain.recognition import Label
from plugin.domain.scoring import ScoreSheet
from plugin.workflow.ports.unit_of_work import UnitOfWork

PATIENCE = 150
"""Attempts before a job is parked: with pauses of up to five minutes, more than eight hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Asks for HL7 messages in the transaction of the journey that has something to say.

    Parameters
    ----------
    destinations
        ``alert``, ``score``, ``label``, ``citation`` or ``report`` to the names of those who are sent it.
    """

    destinations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def alert(self, uow: UnitOfWork, alert: Alert, occasion: str) -> None:
        """`occasion` is ``raised``, ``escalated``, ``revoked`` or ``acknowledged``."""
        what: dict[str, str | int] = {
            "alert_id": alert.alert_id,
            "occasion": occasion,
            "level": alert.escalation_level,
            "due_at": alert.due_at.isoformat() if alert.due_at else "",
        }
        about = f"{alert.alert_id}:{occasion}:{alert.escalation_level}"
        self._ask(uow, "alert", about, alert.accession_number, what)

    def score(self, uow: UnitOfWork, sheet: ScoreSheet) -> None:
        """A filled form."""
        self._ask(uow, "score", sheet.sheet_id, sheet.accession_number, {"sheet_id": sheet.sheet_id})

    def label(self, uow: UnitOfWork, label: Label) -> None:
        """A label that was given or withdrawn, as `label` says."""
        act = "withdrawn" if label.withdrawn_at else "given"
        about = f"{label.label_id}:{act}"
        self._ask(uow, "label", about, label.accession_number, {"label_id": label.label_id})

    def citation(self, uow: UnitOfWork, offer: PriorOffer) -> None:
        """A recognised result that a doctor cites instead of a repeat (DB50 6.6)."""
        self._ask(uow, "citation", offer.offer_id, offer.asked_for, {"offer_id": offer.offer_id})

    def report(
        self, uow: UnitOfWork, message_id: int, accession_number: str, not_before: datetime | None
    ) -> None:
        """Pass a received message on, byte for byte: at `not_before`, or when :meth:`let_go` is called."""
        for name in self.destinations.get("report", ()):
            uow.outbox.enqueue(
                NewJob(
                    kind=JobKind.SEND_HL7,
                    lane=_report_lane(name, accession_number),
                    key=f"hl7:{name}:report:{message_id}",
                    payload={
                        "destination": name,
                        "kind": "message",
                        "message_id": message_id,
                        "accession_number": accession_number,
                    },
                    due_at=not_before,
                    max_attempts=PATIENCE,
                )
            )

    def let_go(self, uow: UnitOfWork, gate: Gate) -> None:
        """The gate has opened: what waited of its examination leaves now, in its order."""
        if gate.action is SignAction.VERIFY:
            self.hurry(uow, gate.accession_number)

    def hurry(self, uow: UnitOfWork, accession_number: str) -> None:
        """Let every report of the examination leave that still waits."""
        for name in self.destinations.get("report", ()):
            uow.outbox.hurry(_report_lane(name, accession_number))

    def _ask(
        self, uow: UnitOfWork, kind: str, about: str, accession_number: str, what: Mapping[str, str | int]
    ) -> None:
        for name in self.destinations.get(kind, ()):
            uow.outbox.enqueue(hl7_job(name, kind, about, accession_number, what))


def hl7_job(
    destination: str, kind: str, about: str, accession_number: str, what: Mapping[str, str | int]
) -> NewJob:
    """A job that sends one thing to one destination; all of a destination's jobs go in their order."""
    return NewJob(
        kind=JobKind.SEND_HL7,
        lane=f"hl7:{destination}",
        key=f"hl7:{destination}:{kind}:{about}",
        payload={"destination": destination, "kind": kind, "accession_number": accession_number, **what},
        max_attempts=PATIENCE,
    )


def _report_lane(destination: str, accession_number: str) -> str:
    return f"report:{destination}:{accession_number}"
