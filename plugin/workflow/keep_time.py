"""The wall clock was set: armed timers keep the time that they had left, and the audit trail says so."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.domain.delivery import JobKind
from plugin.workflow.alert_trail import SYSTEM
from plugin.workflow.ports.unit_of_work import UnitOfWork

BY_THE_CALENDAR = frozenset({JobKind.KEEP_HOUSE, JobKind.REVIEW_LABELS, JobKind.REMIND_DUE})
"""These are meant for an hour of the day, whatever the clock was before."""


def keep_time(uow: UnitOfWork, by: timedelta, now: datetime) -> None:
    """Bring forward what a clock set back would put off; a clock set forward lets timers go off as they fall due.

    Parameters
    ----------
    by
        How far the clock was set; negative: back.
    now
        What it shows since.
    """
    if by < timedelta():
        uow.outbox.bring_forward(-by, BY_THE_CALENDAR)
    before = (now - by).isoformat(timespec="seconds")
    detail = {
        "by_s": str(round(by.total_seconds())),
        "before": before,
        "after": now.isoformat(timespec="seconds"),
    }
    uow.audit.append(now, SYSTEM, "clock.stepped", "", detail)


def catch_up(uow: UnitOfWork, now: datetime, least: timedelta) -> None:
    """At the start: jobs that were asked for later than now tell that the clock was set back meanwhile."""
    newest = uow.outbox.newest()
    if newest is not None and newest - now >= least:
        keep_time(uow, now - newest, now)
