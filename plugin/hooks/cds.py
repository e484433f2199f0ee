"""CDS Hooks 2.0: report-sign as a service that answers with cards.

The standard knows no hook at signing a report, so ``report-sign`` is our own; its context
holds what the JSON hook takes.  `hookInstance` is the event: a retry gets the same gate.
Calls are signed as all of ours are.  ``order-sign`` comes with mutual recognition.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify

from plugin.domain.errors import InvalidInput
from plugin.domain.issue import Issue, Severity
from plugin.hooks.asking import answered, json_body
from plugin.hooks.calls import SignedCalls, Work
from plugin.hooks.payload import answer_to_json, sign_event, text_of, within
from plugin.workflow.decide_sign import DecideSign, SignAnswer
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import UnitOfWork

SERVICE = {
    "hook": "report-sign",
    "title": "SignGate 签发质控",
    "description": "Decides at signing: release, hold for a scoring form, or fix first.",
    "id": "report-sign",
    "usageRequirements": "context as in POST /hooks/report-sign without event_id; calls signed by Standard Webhooks",
}
SOURCE = {"label": "SignGate"}
OUTCOMES = frozenset({"accepted", "overridden"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CdsDesk:
    """What the services need."""

    calls: SignedCalls
    decide_sign: DecideSign
    base_url: str
    clock: Clock
    more_services: tuple[Mapping[str, Any], ...] = ()


def blueprint(desk: CdsDesk) -> Blueprint:
    """The routes under ``/cds-services``."""
    cds = Blueprint("cds", __name__, url_prefix="/cds-services")

    @cds.get("")
    def discovery() -> Response:
        return jsonify(services=[SERVICE, *desk.more_services])

    @cds.post("/report-sign")
    def report_sign() -> Response:
        def prepare(caller: str) -> Work:
            data = json_body()
            if data.get("hook") != "report-sign":
                raise InvalidInput("/hook", "must be report-sign")
            context = data.get("context")
            if not isinstance(context, dict):
                raise InvalidInput("/context", "must be an object")
            event_id = text_of(data, "hookInstance", limit=200)
            with within("/context"):
                event = sign_event({**context, "event_id": event_id}, caller)

            def work(uow: UnitOfWork) -> dict[str, Any]:
                answer = desk.decide_sign.decide(uow, event)
                written = answer_to_json(answer, desk.base_url)
                return {"cards": cards(answer, written), "extension": {"signgate": written}}

            return work

        return answered(desk.calls, prepare)

    @cds.post("/report-sign/feedback")
    def feedback() -> Response:
        def prepare(caller: str) -> Work:
            rows = [_feedback(row, f"/feedback/{n}") for n, row in enumerate(_list(json_body()))]

            def work(uow: UnitOfWork) -> dict[str, Any]:
                for card, outcome, reason in rows:
                    uow.audit.append(desk.clock(), caller, f"card.{outcome}", card, {"reason": reason})
                return {}

            return work

        return answered(desk.calls, prepare)

    return cds


def cards(answer: SignAnswer, written: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One card for the decision, when the signer has to do something, and one an error."""
    made = []
    gate_id = answer.gate.gate_id
    if written["decision"] == "hold":
        link = {"label": "填写评分表 Fill in the form", "url": written["popup_url"], "type": "absolute"}
        made.append(_card(gate_id, "本报告被抽中质控，填写评分表后放行", "warning", links=[link]))
    elif written["decision"] == "fix":
        made.append(_card(gate_id, "签发前请先修改以下问题", "critical"))
    made += [
        _card(f"{gate_id}-{number}", issue.message, "warning", detail=_detail(issue))
        for number, issue in enumerate(answer.issues)
        if issue.severity is Severity.ERROR
    ]
    return made


def _card(uuid: str, summary: str, indicator: str, **more: Any) -> dict[str, Any]:
    """A card; its summary is at most 140 characters long (CDS Hooks 2.0, card attributes)."""
    return {"uuid": uuid, "summary": summary[:139], "indicator": indicator, "source": SOURCE, **more}


def _detail(issue: Issue) -> str:
    return f"{issue.message}（{issue.clause}）"


def _list(data: Mapping[str, Any]) -> list[Any]:
    rows = data.get("feedback")
    if not isinstance(rows, list) or len(rows) > 100:
        raise InvalidInput("/feedback", "must be a list of at most 100 entries")
    return rows


def _feedback(row: object, where: str) -> tuple[str, str, str]:
    if not isinstance(row, dict):
        raise InvalidInput(where, "must be an object")
    with within(where):
        outcome = text_of(row, "outcome", limit=20)
        if outcome not in OUTCOMES:
            raise InvalidInput("/outcome", "is accepted or overridden")
        card = text_of(row, "card", limit=200)
    reason = row.get("overrideReason")
    with within(f"{where}/overrideReason"):
        comment = text_of(reason, "userComment", needed=False, limit=500) if isinstance(reason, dict) else ""
    return card, outcome, comment
