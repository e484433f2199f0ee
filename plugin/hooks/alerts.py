"""``/hooks/alerts…``: a RIS, a ward or a popup raises, confirms, reads back, declines, handles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from flask import Blueprint, Response

from plugin.domain.critical import Alert, AlertStep, Tier
from plugin.domain.duty import Duty
from plugin.domain.errors import InvalidInput, UnknownReport
from plugin.hooks.asking import answered, body_about, json_body, someone
from plugin.hooks.calls import SignedCalls, Work
from plugin.hooks.payload import alert_to_json, iso, text_of
from plugin.kit.messages import Translate
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.alert_addendum import addendum
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_by_hand import HandAlert, RaiseByHand


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertHooks:
    """What the hooks of critical values need.

    Parameters
    ----------
    standing
        Alerts that nobody is left to be told of.
    watch
        What is wrong with the chain now.
    say
        Texts of the addendum, in the site's language.
    """

    calls: SignedCalls
    alerts: AlertDesk
    by_hand: RaiseByHand
    standing: Callable[[], Sequence[Alert]]
    watch: Callable[[], Sequence[str]]
    say: Translate
    zone: tzinfo


def routes(hooks: Blueprint, desk: AlertHooks) -> None:
    """Add the routes of this file."""
    alerts = desk.alerts

    @hooks.post("/alerts")
    def raise_alert() -> Response:
        def prepare(caller: str) -> Work:
            data = json_body()
            said, who = hand_alert(data), someone(data, caller)
            means = text_of(data, "means", needed=False, limit=40) or caller
            return lambda uow: story(uow, desk, desk.by_hand(uow, said, who, means))

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/drill")
    def drill() -> Response:
        def prepare(caller: str) -> Work:
            who = someone(json_body(), caller)
            return lambda uow: story(uow, desk, desk.by_hand.drill(uow, who, caller))

        return answered(desk.calls, prepare)

    @hooks.get("/alerts/<alert_id>")
    def alert(alert_id: str) -> Response:
        def work(uow: UnitOfWork) -> Mapping[str, Any]:
            found = uow.alerts.get(alert_id)
            if found is None:
                raise UnknownReport("no such alert")
            return story(uow, desk, found)

        return answered(desk.calls, lambda caller: work)

    @hooks.get("/alarm")
    def alarm() -> Response:
        """What a RIS shows on top of its screens."""
        standing, faults = desk.standing(), list(desk.watch())
        content = {"standing": [alert_to_json(each) for each in standing], "faults": faults}
        return answered(desk.calls, lambda caller: lambda uow: content)

    @hooks.post("/alerts/<alert_id>/confirm")
    def confirm(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            who = someone(body_about("alert_id", alert_id), caller)
            return lambda uow: story(uow, desk, alerts.confirm(uow, alert_id, who, caller))

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/<alert_id>/acknowledge")
    def acknowledge(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = body_about("alert_id", alert_id)
            who, means = someone(data, caller), text_of(data, "means", needed=False, limit=40) or caller
            said = text_of(data, "read_back", limit=500)
            return lambda uow: story(uow, desk, alerts.acknowledge(uow, alert_id, who, said, means))

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/<alert_id>/telephone")
    def telephone(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = body_about("alert_id", alert_id)
            who, receiver = someone(data, caller), text_of(data, "receiver", limit=100)
            phone = text_of(data, "phone", needed=False, limit=40)
            return lambda uow: story(uow, desk, alerts.by_telephone(uow, alert_id, who, receiver, phone))

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/<alert_id>/decline")
    def decline(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = body_about("alert_id", alert_id)
            who, reason = someone(data, caller), text_of(data, "reason", limit=500)
            return lambda uow: story(uow, desk, alerts.decline(uow, alert_id, who, reason, caller))

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/<alert_id>/withdraw")
    def withdraw(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = body_about("alert_id", alert_id)
            who, reason = someone(data, caller), text_of(data, "reason", limit=500)
            return lambda uow: story(uow, desk, alerts.withdraw(uow, alert_id, who, reason))

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/<alert_id>/handle")
    def handle(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = body_about("alert_id", alert_id)
            who, treatment = someone(data, caller), text_of(data, "treatment", limit=2000)
            return lambda uow: story(uow, desk, alerts.handle(uow, alert_id, who, treatment, caller))

        return answered(desk.calls, prepare)


def hand_alert(data: Mapping[str, Any]) -> HandAlert:
    """``accession_number``, and ``code`` or ``text`` with ``tier``.

    Raises
    ------
    InvalidInput
        Naming what is missing or wrong.
    """
    tier = text_of(data, "tier", needed=False, limit=10)
    if tier and tier not in set(Tier):
        raise InvalidInput("/tier", f"is one of {', '.join(Tier)}")
    return HandAlert(
        accession_number=text_of(data, "accession_number", limit=64),
        code=text_of(data, "code", needed=False, limit=40),
        text=text_of(data, "text", needed=False, limit=500),
        tier=Tier(tier) if tier else None,
    )


def story(uow: UnitOfWork, desk: AlertHooks, alert: Alert) -> dict[str, Any]:
    """The alert with every hop, who is on duty for it, and the sentence for the report."""
    return {
        **alert_to_json(alert),
        "tell": _duty(desk.alerts.whom.now(uow, alert)),
        "trail": [_hop(step, alert) for step in uow.alerts.trail(alert.alert_id)],
        "addendum": addendum(uow, alert, desk.say, desk.zone),
    }


def _duty(duty: Duty) -> dict[str, Any]:
    contacts = [
        {
            "level": each.level.name.lower(),
            "role": each.role,
            "person": each.person,
            "phone": duty.number(each),
        }
        for each in duty.contacts
    ]
    return {"department": duty.department, "phone": duty.phone, "contacts": contacts}


def _hop(step: AlertStep, alert: Alert) -> dict[str, Any]:
    return {
        "at": iso(step.at),
        "minutes": round((step.at - alert.detected_at).total_seconds() / 60, 1),
        "state": step.state.value,
        "who": step.actor,
        "means": step.means,
        "recipient": step.recipient,
        "phone": step.phone,
        "note": step.note,
    }
