"""``/hooks/…``: what a RIS, a ward or a script asks of the gate, in signed calls."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from werkzeug.urls import iri_to_uri

from plugin.domain.errors import InvalidInput
from plugin.hooks.calls import Call, Prepare, SignedCalls, Work
from plugin.hooks.payload import alert_to_json, answer_to_json, gate_to_json, read_json, sign_event, text_of
from plugin.workflow.acknowledge_alert import AlertDesk
from plugin.workflow.decide_sign import DecideSign
from plugin.workflow.ports import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class HookDesk:
    """What the hooks need; `base_url` is where people's browsers find us."""

    calls: SignedCalls
    decide_sign: DecideSign
    alerts: AlertDesk
    base_url: str


def blueprint(desk: HookDesk) -> Blueprint:
    """The routes under ``/hooks``."""
    hooks = Blueprint("hooks", __name__, url_prefix="/hooks")

    @hooks.post("/report-sign")
    def report_sign() -> Response:
        def prepare(caller: str) -> Work:
            event = sign_event(json_body(), caller)
            return lambda uow: answer_to_json(desk.decide_sign.decide(uow, event), desk.base_url)

        return answered(desk.calls, prepare)

    @hooks.get("/report-sign/<gate_id>")
    def gate_state(gate_id: str) -> Response:
        return answered(
            desk.calls, lambda caller: lambda uow: gate_to_json(desk.decide_sign.state(uow, gate_id))
        )

    @hooks.post("/report-sign/<gate_id>/override")
    def override(gate_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = _body_about("gate_id", gate_id)
            # An emergency is not held up for want of a name: the caller answers for it.
            actor = _person(data, caller) or caller
            reason = text_of(data, "reason", limit=500)
            return lambda uow: gate_to_json(desk.decide_sign.override(uow, gate_id, actor, reason))

        return answered(desk.calls, prepare)

    @hooks.post("/report-sign/<gate_id>/ticket")
    def ticket(gate_id: str) -> Response:
        def prepare(caller: str) -> Work:
            user_id = text_of(_body_about("gate_id", gate_id), "user_id", limit=64)

            def work(uow: UnitOfWork) -> dict[str, Any]:
                secret = desk.decide_sign.new_ticket(uow, gate_id, user_id)
                return {"gate_id": gate_id, "popup_url": f"{desk.base_url}/qc/{secret}"}

            return work

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/<alert_id>/acknowledge")
    def acknowledge(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = _body_about("alert_id", alert_id)
            who, means = _someone(data, caller), text_of(data, "means", needed=False, limit=40) or caller
            said = text_of(data, "read_back", limit=500)
            return lambda uow: alert_to_json(desk.alerts.acknowledge(uow, alert_id, who, said, means))

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/<alert_id>/decline")
    def decline(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = _body_about("alert_id", alert_id)
            who, reason = _someone(data, caller), text_of(data, "reason", limit=500)
            return lambda uow: alert_to_json(desk.alerts.decline(uow, alert_id, who, reason))

        return answered(desk.calls, prepare)

    @hooks.post("/alerts/<alert_id>/handle")
    def handle(alert_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = _body_about("alert_id", alert_id)
            who, treatment = _someone(data, caller), text_of(data, "treatment", limit=2000)
            return lambda uow: alert_to_json(desk.alerts.handle(uow, alert_id, who, treatment))

        return answered(desk.calls, prepare)

    return hooks


def answered(calls: SignedCalls, prepare: Prepare) -> Response:
    """Answer the current request by :meth:`SignedCalls.answer`."""
    call = Call(
        method=request.method,
        path_and_query=iri_to_uri(request.full_path.removesuffix("?")),
        headers={name.lower(): value for name, value in request.headers.items()},
        body=request.get_data(),
    )
    status, text = calls.answer(call, prepare)
    return Response(text, status, content_type="application/json; charset=utf-8")


def json_body() -> dict[str, Any]:
    """Body of the current request.

    Raises
    ------
    InvalidInput
        When its type is not JSON in UTF-8, or it is not what :func:`read_json` takes.
    """
    if request.mimetype != "application/json":
        raise InvalidInput("content-type", "must be application/json")
    if request.mimetype_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        raise InvalidInput("content-type", "JSON is UTF-8; leave the charset out or say utf-8")
    return read_json(request.get_data())


def _person(data: Mapping[str, Any], caller: str) -> str:
    """Who acts (``who``, or ``signer.id``) as ``person@caller``: the caller vouches for the person."""
    signer = data.get("signer")
    person = text_of(data, "who", needed=False, limit=64) or (
        text_of(signer, "id", needed=False, limit=64) if isinstance(signer, dict) else ""
    )
    return f"{person}@{caller}" if person else ""


def _someone(data: Mapping[str, Any], caller: str) -> str:
    who = _person(data, caller)
    if not who:
        raise InvalidInput("/who", "is missing: name the person who acts")
    return who


def _body_about(key: str, value: str) -> dict[str, Any]:
    """The body; when it names its subject, that must be the path's."""
    data = json_body()
    if data.get(key) not in (None, value):
        raise InvalidInput(f"/{key}", "differs from the path")
    return data
