"""Ordering again what another has examined already: CDS Hooks ``order-sign``, and the same as plain JSON.

``POST /cds-services/order-sign`` answers with a card for each earlier labelled examination
(where, when, result, images); its feedback accepts the result or refuses it with a reason of
DB50 6.7 as override reason.  ``POST /hooks/order-check`` and its ``/accept`` and ``/refuse``
do the same for a HIS that knows no CDS Hooks.  Nothing here stops an order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

from flask import Blueprint, Response

from plugin.domain.errors import InvalidInput
from plugin.domain.honour import Explanation, PriorOffer
from plugin.hooks.asking import answered, json_body
from plugin.hooks.calls import SignedCalls, Work
from plugin.hooks.draft_orders import draft_orders
from plugin.hooks.payload import iso, text_of, within
from plugin.workflow.answer_prior import AnswerPrior
from plugin.workflow.offer_prior import OfferPrior
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.prior_request import PriorRequest

ORDER_SIGN: Mapping[str, Any] = {
    "hook": "order-sign",
    "title": "SignGate 检查结果互认提醒",
    "description": "Offers recent recognised examinations instead of a repeat (DB50 6.5 to 6.7).",
    "id": "order-sign",
    "prefetch": {
        "patient": "Patient/{{context.patientId}}",
        "encounter": "Encounter/{{context.encounterId}}",
    },
    "usageRequirements": "Patient.identifier with its system; calls signed by Standard Webhooks",
}
SOURCE = {"label": "SignGate"}
REASONS = "urn:signgate:recognition-refusal"
"""Coding system of the override reasons, whose codes stand in config/regions."""

DICOM_MODALITIES = frozenset({"http://dicom.nema.org/resources/ontology/DCM", "urn:oid:1.2.840.10008.2.16.4"})
MOST_ORDERS = 20
EMERGENCY = "emergency"
"""Code of the reason that leaves no time to explain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDesk:
    """What the calls need.

    Parameters
    ----------
    issuers
        Identifier.system of FHIR to the assigning authority of HL7 (PID-3.4); others stand for themselves.
    zone
        Of times that name none.
    """

    calls: SignedCalls
    priors: OfferPrior
    answers: AnswerPrior
    zone: tzinfo
    issuers: Mapping[str, str] = field(default_factory=dict)


def blueprint(desk: OrderDesk) -> Blueprint:
    """``/cds-services/order-sign`` with its feedback, ``/hooks/order-check`` with its answers."""
    orders = Blueprint("recognition", __name__)

    @orders.post("/cds-services/order-sign")
    def order_sign() -> Response:
        def prepare(_caller: str) -> Work:
            asked = list(draft_orders(json_body(), desk.issuers))
            foreign = [desk.priors.ask_neighbours(request) for _, request in asked]

            def work(uow: UnitOfWork) -> dict[str, Any]:
                cards = [
                    _card(offer, resource, desk.answers.refusals())
                    for (resource, request), found in zip(asked, foreign, strict=True)
                    for offer in desk.priors.offer(uow, request, found)
                    if offer.answered_at is None
                ]
                unique = {card["uuid"]: card for card in cards}
                return {"cards": list(unique.values())}

            return work

        return answered(desk.calls, prepare)

    @orders.post("/cds-services/order-sign/feedback")
    def feedback() -> Response:
        def prepare(caller: str) -> Work:
            rows = _feedback_rows(json_body())
            answers = [_feedback(row, f"/feedback/{n}", caller, desk.zone) for n, row in enumerate(rows)]

            def work(uow: UnitOfWork) -> dict[str, Any]:
                for answer in answers:
                    answer.give(uow, desk.answers)
                return {}

            return work

        return answered(desk.calls, prepare)

    @orders.post("/hooks/order-check")
    def order_check() -> Response:
        def prepare(_caller: str) -> Work:
            request = _plain_request(json_body())
            foreign = desk.priors.ask_neighbours(request)

            def work(uow: UnitOfWork) -> dict[str, Any]:
                offers = desk.priors.offer(uow, request, foreign)
                return {
                    "offers": [offer_to_json(offer) for offer in offers],
                    "refusals": [{"code": code, "text": text} for code, text in desk.answers.refusals()],
                }

            return work

        return answered(desk.calls, prepare)

    @orders.post("/hooks/order-check/<offer_id>/accept")
    def accept(offer_id: str) -> Response:
        def prepare(caller: str) -> Work:
            who = _who(json_body(), caller)
            return lambda uow: offer_to_json(desk.answers.accept(uow, offer_id, who))

        return answered(desk.calls, prepare)

    @orders.post("/hooks/order-check/<offer_id>/refuse")
    def refuse(offer_id: str) -> Response:
        def prepare(caller: str) -> Work:
            data = json_body()
            who, reason = _who(data, caller), text_of(data, "reason", limit=64)
            comment = text_of(data, "comment", needed=False, limit=500)
            explanation = explained(data.get("explained"), "/explained", desk.zone)
            if explanation is None and reason != EMERGENCY:
                raise InvalidInput("/explained", "must say to whom, by whom and when (DB50 6.6)")
            return lambda uow: offer_to_json(
                desk.answers.refuse(uow, offer_id, who, reason, comment, explanation)
            )

        return answered(desk.calls, prepare)

    return orders


def offer_to_json(offer: PriorOffer) -> dict[str, Any]:
    """Write an offer: where, when, result, images; and what was answered."""
    told = offer.explanation
    return {
        "offer_id": offer.offer_id,
        "accession_number": offer.prior_accession_number,
        "institution": offer.institution_name,
        "performed_at": offer.performed_at,
        "item": offer.item_name,
        "mark": offer.mark,
        "result": offer.result,
        "image_link": offer.image_link or None,
        "covers": offer.covers,
        "acceptance": offer.acceptance,
        "text": offer.acceptance_text,
        "state": offer.state.value,
        "reason": offer.reason or None,
        "explained": {"to": told.to, "by": told.by, "at": iso(told.at)} if told else None,
        "citation": offer.citation or None,
    }


def explained(raw: object, where: str, zone: tzinfo) -> Explanation | None:
    """Read to whom, by whom and when the repeat was explained; ``None`` when it is not said.

    Raises
    ------
    InvalidInput
        A part is missing, or the time is no ISO time.
    """
    if raw is None:
        return None
    if not isinstance(raw, dict):
        raise InvalidInput(where, "must be an object with to, by and at")
    with within(where):
        written = text_of(raw, "at", limit=40)
        try:
            at = datetime.fromisoformat(written)
        except ValueError:
            raise InvalidInput("/at", f"{written!r} is no time; write 2026-06-01T08:30:00") from None
        at = at if at.tzinfo else at.replace(tzinfo=zone)
        return Explanation(to=text_of(raw, "to", limit=64), by=text_of(raw, "by", limit=64), at=at)


@dataclass(frozen=True, slots=True)
class _Answer:
    """One row of a feedback."""

    offer_id: str
    accepted: bool
    who: str
    reason: str
    comment: str
    explanation: Explanation | None

    def give(self, uow: UnitOfWork, answers: AnswerPrior) -> None:
        if self.accepted:
            answers.accept(uow, self.offer_id, self.who)
        else:
            answers.refuse(uow, self.offer_id, self.who, self.reason, self.comment, self.explanation)


def _card(offer: PriorOffer, resource: str, reasons: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """A card of CDS Hooks 2.0; its summary is at most 140 characters long."""
    summary = f"近期已有可互认的检查：{offer.item_name}，{offer.institution_name}，{offer.performed_at[:10]}"
    detail = (
        f"检查机构：{offer.institution_name}；检查时间：{offer.performed_at}；检查号："
        f"{offer.prior_accession_number}；标识：{offer.mark}。检查结果：{offer.result or '见原报告'}。"
        f"{offer.acceptance_text}。"
    )
    card: dict[str, Any] = {
        "uuid": offer.offer_id,
        "summary": summary[:139],
        "detail": detail,
        "indicator": "info" if offer.acceptance == "optional" else "warning",
        "source": SOURCE,
        "selectionBehavior": "at-most-one",
        "suggestions": [
            {
                "label": "引用该检查结果，不再重复检查",
                "uuid": f"{offer.offer_id}-accept",
                "actions": [{"type": "delete", "description": "撤销本次检查申请", "resourceId": resource}],
            }
        ],
        "overrideReasons": [{"code": code, "system": REASONS, "display": text} for code, text in reasons],
    }
    if offer.image_link:
        card["links"] = [{"label": "查看影像 Images", "url": offer.image_link, "type": "absolute"}]
    return card


def _plain_request(data: Mapping[str, Any]) -> PriorRequest:
    patient = data.get("patient")
    if not isinstance(patient, dict):
        raise InvalidInput("/patient", "must be an object with patient_id and assigning_authority")
    ask = data.get("ask", False)
    if not isinstance(ask, bool):
        raise InvalidInput("/ask", "is true or false")
    with within("/patient"):
        patient_id = text_of(patient, "patient_id", limit=64)
        authority = text_of(patient, "assigning_authority", needed=False, limit=64)
    return PriorRequest(
        patient_id=patient_id,
        assigning_authority=authority,
        exam_item=text_of(data, "exam_item", limit=200),
        modality=text_of(data, "modality", needed=False, limit=16),
        asked_for=text_of(data, "order_number", needed=False, limit=64),
        emergency=text_of(data, "patient_class", needed=False, limit=16) == "emergency",
        on_demand=ask,
    )


def _feedback_rows(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = data.get("feedback")
    if not isinstance(rows, list) or len(rows) > 100 or not all(isinstance(row, dict) for row in rows):
        raise InvalidInput("/feedback", "must be a list of at most 100 objects")
    return rows


def _feedback(row: Mapping[str, Any], where: str, caller: str, zone: tzinfo) -> _Answer:
    with within(where):
        outcome = text_of(row, "outcome", limit=20)
        if outcome not in {"accepted", "overridden"}:
            raise InvalidInput("/outcome", "is accepted or overridden")
        offer_id = text_of(row, "card", limit=200)
    given = row.get("overrideReason") if outcome == "overridden" else None
    override: Mapping[str, Any] = given if isinstance(given, dict) else {}
    coding = override.get("reason")
    reason = text_of(coding, "code", limit=64) if isinstance(coding, dict) else ""
    if outcome == "overridden" and not reason:
        raise InvalidInput(
            f"{where}/overrideReason/reason/code", "is missing: one of the card's overrideReasons"
        )
    extension = row.get("extension")
    ours = extension.get("signgate") if isinstance(extension, dict) else None
    more: Mapping[str, Any] = ours if isinstance(ours, dict) else {}
    person = text_of(more, "who", needed=False, limit=64)
    return _Answer(
        offer_id=offer_id,
        accepted=outcome == "accepted",
        who=f"{person}@{caller}" if person else caller,
        reason=reason,
        comment=text_of(override, "userComment", needed=False, limit=500),
        explanation=explained(more.get("explained"), f"{where}/extension/signgate/explained", zone),
    )


def _who(data: Mapping[str, Any], caller: str) -> str:
    """The person who acts; the caller vouches for him."""
    return f"{text_of(data, 'who', limit=64)}@{caller}"
