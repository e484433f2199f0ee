"""``/hooks/…``: what a RIS, a ward or a script asks of the gate, in signed calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from plugin.hooks import alerts as alert_hooks
from plugin.hooks import review as review_hooks
from plugin.hooks.alerts import AlertHooks
from plugin.hooks.asking import answered, body_about, json_body, person
from plugin.hooks.calls import Foreseen, SignedCalls, Work
from plugin.hooks.payload import answer_to_json, gate_to_json, sign_event, text_of
from plugin.workflow.decide_sign import DecideSign
from plugin.workflow.modes import Modes
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDesk:
    """What the hooks need; `base_url` is where people's browsers find us."""

    calls: SignedCalls
    decide_sign: DecideSign
    modes: Modes
    base_url: str


def blueprint(desk: HookDesk, alerts: AlertHooks) -> Blueprint:
    """The routes under ``/hooks``."""
    hooks = Blueprint("hooks", __name__, url_prefix="/hooks")

    @hooks.post("/report-sign")
    def report_sign() -> Response:
        def prepare(caller: str) -> Work:
            event = sign_event(json_body(), caller)
            desk.decide_sign.ahead(event)
            known = None
            if event.report is None:
                known = desk.calls.store.read(lambda uow: uow.reports.latest(event.accession_number))
            return Foreseen(
                lambda uow: answer_to_json(desk.decide_sign.decide(uow, event), desk.base_url),
                lambda uow: desk.decide_sign.foresee(uow, event, known),
            )

        return answered(desk.calls, prepare)

    @hooks.get("/report-sign/<gate_id>")
    def gate_state(gate_id: str) -> Response:
        return answered(
            desk.calls, lambda caller: lambda uow: gate_to_json(desk.decide_sign.held.state(uow, gate_id))
        )

    @hooks.post("/report-sign/<gate_id>/override")
    def override(gate_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = body_about("gate_id", gate_id)
            # An emergency is not held up for want of a name: the caller answers for it.
            actor = person(data, caller) or caller
            reason = text_of(data, "reason", limit=500)
            return lambda uow: gate_to_json(desk.decide_sign.held.override(uow, gate_id, actor, reason))

        return answered(desk.calls, prepare)

    @hooks.post("/report-sign/<gate_id>/ticket")
    def ticket(gate_id: str) -> Response:
        def prepare(caller: str) -> Work:
            user_id = text_of(body_about("gate_id", gate_id), "user_id", limit=64)

            def work(uow: UnitOfWork) -> dict[str, Any]:
                secret = desk.decide_sign.held.new_ticket(uow, gate_id, user_id)
                return {"gate_id": gate_id, "popup_url": f"{desk.base_url}/qc/{secret}"}

            return work

        return answered(desk.calls, prepare)

    alert_hooks.routes(hooks, alerts)
    review_hooks.routes(hooks, desk.calls, desk.decide_sign.held, desk.modes, desk.base_url)
    return hooks
