"""What stands on top of every page until someone sees to it."""

from __future__ import annotations

from flask import g

from plugin.console.desk import ConsoleDesk, may
from plugin.domain.delivery import JobKind
from plugin.domain.fault import Fault


def alarm_of(desk: ConsoleDesk) -> dict[str, object]:
    """What must be said on every page: alerts that nobody takes, and a chain that is broken.

    No patient stands in it: administrators see it as well.  Limits of time that run out are
    notes beside it: they must not look like a critical value.
    """
    t = g.t
    standing = desk.reading.standing_alerts()
    drills = sum(alert.is_drill for alert in standing)
    lines = [t("alarm.standing", count=len(standing) - drills)] if len(standing) > drills else []
    if drills:
        lines.append(t("alarm.drill", count=drills))
    lines += [t("alarm.chain", fault=fault) for fault in desk.watch()]
    lines += [t("alarm.running", fault=_said(fault)) for fault in desk.running_faults()]
    about_data = desk.data_faults() if may(g.signed_in.account.role, "data_quality") else ()
    return {
        "notes": [t("alarm.data", fault=_said(fault)) for fault in about_data],
        "lines": lines,
        "standing": len(standing),
        "open": bool(standing) and may(g.signed_in.account.role, "alerts"),
    }


def _said(fault: str | Fault) -> str:
    """A fault in the language of the page; what has words of its own keeps them."""
    if isinstance(fault, str):
        return fault
    values = {name: _named(value) for name, value in fault.values.items()}
    return str(g.t(f"fault.{fault.kind}", **values))


def _named(value: object) -> object:
    """What stands in a text: a kind of job by its name, a sender without one by a text of its own."""
    if isinstance(value, Fault):
        return _said(value)
    kind, _, receiver = str(value).partition(" ")
    return f"{g.t(f'job.{kind}')} {receiver}".rstrip() if kind in set(JobKind) else value
