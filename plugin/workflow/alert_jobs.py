"""The jobs of an alert: its notices, and the timer that goes off when nobody reads it back."""

from __future__ import annotations

from datetime import datetime

from plugin.domain.critical import Alert
from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.notice import Occasion
from plugin.workflow.alert_trail import REMINDER
from plugin.workflow.ports.unit_of_work import UnitOfWork


def start_chase(uow: UnitOfWork, alert: Alert) -> None:
    """Ask for the first notice and arm the timer that escalates when nobody reads back."""
    uow.outbox.enqueue(notice_job(alert, Occasion.RAISED))
    if alert.due_at is not None:
        uow.outbox.enqueue(escalation_job(alert, alert.due_at))


def stop_chase(uow: UnitOfWork, alert: Alert) -> None:
    """Disarm the timer; one already claimed finds the alert closed and does nothing."""
    reminder = reminders(uow, alert) + 1 if alert.stands else 0
    uow.outbox.cancel(_escalation_key(alert, reminder))


def reminders(uow: UnitOfWork, alert: Alert) -> int:
    """How often a standing alert has been told again."""
    return sum(step.note.startswith(REMINDER) for step in uow.alerts.trail(alert.alert_id))


def notice_job(alert: Alert, occasion: Occasion, reminder: int = 0) -> NewJob:
    """Tell people of `alert`; `reminder` counts from 1 once nobody is left to tell."""
    key = f"notice:{alert.alert_id}:{occasion.value}:{alert.escalation_level}"
    return NewJob(
        kind=JobKind.SEND_NOTICE,
        lane=f"alert:{alert.alert_id}",
        key=f"{key}:{reminder}" if reminder else key,
        payload={
            "alert_id": alert.alert_id,
            "occasion": occasion.value,
            "level": alert.escalation_level,
            "reminder": reminder,
        },
    )


def escalation_job(alert: Alert, due_at: datetime, reminder: int = 0) -> NewJob:
    """The timer of the alert's present level; once nobody is left, that of reminder `reminder`."""
    return NewJob(
        kind=JobKind.ESCALATE_ALERT,
        lane=f"timer:alert:{alert.alert_id}",
        key=_escalation_key(alert, reminder),
        payload={"alert_id": alert.alert_id, "level": alert.escalation_level, "reminder": reminder},
        due_at=due_at,
    )


def _escalation_key(alert: Alert, reminder: int) -> str:
    key = f"escalate:{alert.alert_id}:{alert.escalation_level}"
    return f"{key}:{reminder}" if reminder else key
