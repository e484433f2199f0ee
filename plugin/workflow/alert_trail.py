"""The steps of an alert: what may follow what, and who has taken each."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from plugin.domain.critical import Alert, AlertState, AlertStep, check_alert_transition
from plugin.domain.errors import GateConflict, UnknownReport
from plugin.workflow.held_names import held_names
from plugin.workflow.ports.unit_of_work import UnitOfWork

SYSTEM = "signgate"
"""Actor of a step that no person took."""


REMINDER = "reminder"
"""First word of the note of a step by which a standing alert is told again; its number follows."""


class Note(StrEnum):
    """What the system itself notes of a step; pages say it in the reader's language."""

    UNSAID = "the corrected report no longer holds it"
    SHADOW = "shadow"
    SWITCHED_OFF = "switched off"
    NOBODY_LEFT = "nobody is left to tell"
    NOBODY_ON_DUTY = "nobody is on duty"


def held_alert(uow: UnitOfWork, alert_id: str) -> Alert | None:
    """The alert as it stands when no other node changes it any more: reports do as well as people and timers."""
    alert = uow.alerts.get(alert_id)
    if alert is None:
        return None
    uow.hold(*held_names("", alert.accession_number))
    return uow.alerts.get(alert_id)


def known_alert(uow: UnitOfWork, alert_id: str) -> Alert:
    """The alert, which is about to be changed.

    Raises
    ------
    UnknownReport
        There is none.
    """
    alert = held_alert(uow, alert_id)
    if alert is None:
        raise UnknownReport(f"no alert {alert_id}")
    return alert


def moved(alert: Alert, after: AlertState) -> Alert:
    """`alert` in the state `after`.

    Raises
    ------
    GateConflict
        It was revoked, or `after` cannot follow.
    """
    if alert.state is AlertState.REVOKED:
        raise GateConflict("the alert was revoked: the corrected report no longer holds the finding")
    check_alert_transition(alert.state, after)
    return replace(alert, state=after)


def record(
    uow: UnitOfWork,
    alert: Alert,
    now: datetime,
    who: str,
    means: str,
    note: str = "",
    *,
    recipient: str = "",
    phone: str = "",
    state: AlertState | None = None,
) -> None:
    """Store `alert` with one more step; what a person does stands in the audit trail as well.

    Parameters
    ----------
    state
        Of the step, where it is another than the alert's: a confirmation alongside.
    """
    step = AlertStep(
        alert_id=alert.alert_id,
        at=now,
        state=state or alert.state,
        actor=who,
        means=means,
        note=note,
        recipient=recipient,
        phone=phone,
    )
    uow.alerts.move(alert, step)
    if who != SYSTEM:
        uow.audit.append(now, who, f"alert.{step.state}", alert.alert_id, {"means": means})
