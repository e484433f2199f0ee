"""Critical values (危急值): what must be told, and the telling of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.domain.errors import GateConflict
from plugin.domain.issue import Section


class Tier(StrEnum):
    """How fast: red within minutes, orange within hours, yellow is a follow-up list."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"


class CriticalState(StrEnum):
    """What the text says of the finding; only NEW alerts by default."""

    NEW = "new"
    KNOWN = "known"
    RESOLVED = "resolved"
    UNCERTAIN = "uncertain"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriticalFinding:
    """A catalogue entry that a report meets."""

    code: str
    name: str
    tier: Tier
    state: CriticalState
    section: Section
    start: int
    end: int
    text: str


class AlertState(StrEnum):
    """Where the telling of a critical finding stands."""

    DETECTED = "detected"
    CONFIRMED = "confirmed"
    SENT = "sent"
    DELIVERED = "delivered"
    DECLINED = "declined"
    ESCALATED = "escalated"
    ACKNOWLEDGED = "acknowledged"
    HANDLED = "handled"
    CLOSED = "closed"
    REVOKED = "revoked"


_CHASED = {
    AlertState.SENT,
    AlertState.DELIVERED,
    AlertState.DECLINED,
    AlertState.ESCALATED,
    AlertState.ACKNOWLEDGED,
    AlertState.REVOKED,
}

ALERT_TRANSITIONS: dict[AlertState, set[AlertState]] = {
    AlertState.DETECTED: {AlertState.CONFIRMED, *_CHASED},
    AlertState.CONFIRMED: _CHASED,
    AlertState.SENT: _CHASED,
    AlertState.DELIVERED: _CHASED,
    AlertState.DECLINED: _CHASED,
    AlertState.ESCALATED: _CHASED,
    AlertState.ACKNOWLEDGED: {AlertState.HANDLED, AlertState.CLOSED},
    AlertState.HANDLED: {AlertState.CLOSED},
    AlertState.CLOSED: set(),
    AlertState.REVOKED: set(),
}
"""From each state, the states that may follow.  A page may race a read-back; the read-back wins."""

OPEN_ALERT_STATES = frozenset(s for s, after in ALERT_TRANSITIONS.items() if AlertState.ACKNOWLEDGED in after)
"""States in which nobody has read the finding back yet."""


def check_alert_transition(before: AlertState, after: AlertState) -> None:
    """Allow the step or say why not.

    Raises
    ------
    GateConflict
        When `after` cannot follow `before`.
    """
    if after not in ALERT_TRANSITIONS[before]:
        may = ", ".join(sorted(ALERT_TRANSITIONS[before])) or "what it is"
        raise GateConflict(f"alert is {before}; it cannot become {after}, only {may}")


NOBODY_LEFT = 9
"""Escalation level of an alert that has climbed past the last person on the roster."""

DRILL_CODE = "DRILL"
"""Code of a finding that nobody has: an exercise of the chain (演练)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One event that a clinician must hear of.

    Parameters
    ----------
    finding
        What was found; `finding.text` is the value that is read back.
    due_at
        When the read-back must have happened; ``None`` for a follow-up list entry.
    target_minutes
        From being told to being read back, as it was in force when the alert was raised;
        ``None``: nobody is chased, or the alert is older than this field.
    detected_at
        When SignGate found it, UTC.
    """

    alert_id: str
    accession_number: str
    finding: CriticalFinding
    state: AlertState
    detected_at: datetime
    due_at: datetime | None = None
    escalation_level: int = 0
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    target_minutes: int | None = None

    @property
    def is_drill(self) -> bool:
        """It exercises the chain and is about no patient."""
        return self.finding.code == DRILL_CODE

    @property
    def stands(self) -> bool:
        """Nobody is left to tell: it stands on top of every screen until someone takes it."""
        return self.escalation_level >= NOBODY_LEFT and self.state in OPEN_ALERT_STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertStep:
    """One hop of an alert's append-only trail: who did what, when, by which means.

    Parameters
    ----------
    recipient, phone
        Who was told, or has read back, and at which number; empty when the hop reached nobody.
    """

    alert_id: str
    at: datetime
    state: AlertState
    actor: str
    means: str
    note: str = ""
    recipient: str = ""
    phone: str = ""
