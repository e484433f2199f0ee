"""Recognised results offered instead of a repeat: asked for by hand, accepted, refused, counted."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, request, url_for
from flask import redirect as to
from werkzeug.wrappers import Response

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput
from plugin.domain.honour import Explanation
from plugin.domain.month import month_bounds
from plugin.workflow.prior_request import PriorRequest

EMERGENCY = "emergency"
"""The one reason of DB50 6.7 that leaves no time to explain."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/priors")
    def priors() -> str:
        allow(desk, "priors")
        zone, now = desk.zone, desk.clock()
        month = request.args.get("month") or now.astimezone(zone).strftime("%Y-%m")
        since, until = month_bounds(month, zone)
        offers, tally = desk.store.read(
            lambda uow: (uow.offers.recent(), desk.prior_answers.tally(uow, since, until))
        )
        return show(
            "console_priors.html",
            offers=offers,
            tally=tally,
            month=month,
            reasons=dict(desk.prior_answers.refusals()),
            now=f"{now.astimezone(zone):%Y-%m-%dT%H:%M}",
        )

    @console.post("/priors")
    def priors_ask() -> Response:
        allow(desk, "priors")
        asked = PriorRequest(
            patient_id=form_text("patient_id", limit=64),
            assigning_authority=form_text("assigning_authority", needed=False, limit=64),
            exam_item=form_text("exam_item", limit=200),
            modality=form_text("modality", needed=False, limit=16),
            on_demand=True,
        )
        foreign = desk.priors.ask_neighbours(asked)
        desk.store.write(lambda uow: desk.priors.offer(uow, asked, foreign))
        return to(url_for("console.priors"), 303)

    @console.post("/priors/<offer_id>/accept")
    def priors_accept(offer_id: str) -> Response:
        allow(desk, "priors")
        who = signed_in().account.login
        desk.store.write(lambda uow: desk.prior_answers.accept(uow, offer_id, who))
        return to(url_for("console.priors"), 303)

    @console.post("/priors/<offer_id>/refuse")
    def priors_refuse(offer_id: str) -> Response:
        allow(desk, "priors")
        account = signed_in().account
        reason, comment = form_text("reason", limit=64), form_text("comment", needed=False)
        told = form_text("explained_to", needed=reason != EMERGENCY, limit=64)
        by = form_text("explained_by", needed=False, limit=64) or account.name or account.login
        explanation = Explanation(to=told, by=by, at=_explained_at(desk)) if told else None
        desk.store.write(
            lambda uow: desk.prior_answers.refuse(uow, offer_id, account.login, reason, comment, explanation)
        )
        return to(url_for("console.priors"), 303)


def _explained_at(desk: ConsoleDesk) -> datetime:
    """When it was explained, by the hospital's clock; now when the form does not say."""
    written = form_text("explained_at", needed=False, limit=40)
    if not written:
        return desk.clock()
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise InvalidInput("explained_at", f"{written!r} is no time; write 2026-06-01T08:30") from None
    at = at if at.tzinfo else at.replace(tzinfo=desk.zone)
    if at > desk.clock():
        raise InvalidInput("explained_at", "lies in the future")
    return at
