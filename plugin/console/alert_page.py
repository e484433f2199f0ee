"""One alert from detection to treatment, and the alarm that stands on every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, jsonify

from plugin.console.alarm import alarm_of
from plugin.console.alert_words import means_of, note_of
from plugin.console.alerts import choices, own_alert
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, signed_in, speak
from plugin.console.pages import show
from plugin.domain.critical import OPEN_ALERT_STATES, Alert, AlertStep
from plugin.domain.duty import Duty
from plugin.domain.people import Role
from plugin.workflow.alert_addendum import addendum
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """A step of the trail, when it came, and what it says in the reader's language."""

    step: AlertStep
    minutes: float
    means: str
    note: str


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/alerts/<alert_id>")
    def alert(alert_id: str) -> str:
        allow(desk, "alerts")

        def read(uow: UnitOfWork) -> tuple[Alert, list[AlertStep], Duty, str]:
            found = own_alert(uow, alert_id, signed_in().account)
            return (
                found,
                list(uow.alerts.trail(alert_id)),
                desk.alerts.whom.now(uow, found),
                addendum(uow, found, speak(), desk.zone),
            )

        found, trail, duty, offered = desk.store.read(read)
        return show(
            "console_alert.html",
            alert=found,
            row=desk.reading.alert_row(found),
            hops=hops(trail, found.detected_at),
            duty=duty,
            target=desk.alerts.policy.target_of(found),
            is_open=found.state in OPEN_ALERT_STATES,
            choices=choices(found, desk.by_hand.names),
            addendum=offered,
            radiology=signed_in().account.role is not Role.CLINICIAN,
        )

    @console.get("/alarm")
    def alarm() -> Response:
        """The words of the banner; every page asks every few seconds, whoever is signed in."""
        return jsonify(alarm_of(desk))


def hops(trail: Sequence[AlertStep], since: datetime) -> list[Hop]:
    """Each step with its minutes since the detection."""
    t = speak()
    return [
        Hop(
            step=step,
            minutes=round((step.at - since).total_seconds() / 60, 1),
            means=means_of(step, t),
            note=note_of(step, t),
        )
        for step in trail
    ]
