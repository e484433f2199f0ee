"""Mutual recognition for people: results offered instead of a repeat, evaluations, and open item names."""

from __future__ import annotations

from flask import Blueprint, abort, request, url_for
from flask import redirect as to
from werkzeug.wrappers import Response

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput
from plugin.domain.honour import Explanation
from plugin.workflow.keep_recognition import KeepRecognition
from plugin.workflow.offer_prior import OfferPrior, PriorRequest
from plugin.workflow.statistics import month_bounds

TABLE_CHARACTERS = 20_000
"""Of a pasted table; a longer one is taken over by ``signgate recognition evaluations``."""
EMERGENCY = "emergency"


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""
    _honouring(console, desk)
    _keeping(console, desk)


def _honouring(console: Blueprint, desk: ConsoleDesk) -> None:
    """Offers: asked for by hand, accepted, refused, counted."""

    @console.get("/priors")
    def priors() -> str:
        allow(desk, "priors")
        journey = _priors(desk)
        zone = desk.zone
        month = request.args.get("month") or desk.clock().astimezone(zone).strftime("%Y-%m")
        since, until = month_bounds(month, zone)
        offers, tally = desk.store.read(lambda uow: (uow.offers.recent(), journey.tally(uow, since, until)))
        return show(
            "console_priors.html",
            offers=offers,
            tally=tally,
            month=month,
            reasons=dict(journey.refusals()),
        )

    @console.post("/priors")
    def priors_ask() -> Response:
        allow(desk, "priors")
        journey = _priors(desk)
        asked = PriorRequest(
            patient_id=form_text("patient_id", limit=64),
            assigning_authority=form_text("assigning_authority", needed=False, limit=64),
            exam_item=form_text("exam_item", limit=200),
            modality=form_text("modality", needed=False, limit=16),
            on_demand=True,
        )
        foreign = journey.ask_neighbours(asked)
        desk.store.write(lambda uow: journey.offer(uow, asked, foreign))
        return to(url_for("console.priors"), 303)

    @console.post("/priors/<offer_id>/accept")
    def priors_accept(offer_id: str) -> Response:
        allow(desk, "priors")
        journey, who = _priors(desk), signed_in().account.login
        desk.store.write(lambda uow: journey.accept(uow, offer_id, who))
        return to(url_for("console.priors"), 303)

    @console.post("/priors/<offer_id>/refuse")
    def priors_refuse(offer_id: str) -> Response:
        allow(desk, "priors")
        journey, account = _priors(desk), signed_in().account
        reason, comment = form_text("reason", limit=64), form_text("comment", needed=False)
        told = form_text("explained_to", needed=reason != EMERGENCY, limit=64)
        by = form_text("explained_by", needed=False, limit=64) or account.name or account.login
        explanation = Explanation(to=told, by=by, at=desk.clock()) if told else None
        desk.store.write(
            lambda uow: journey.refuse(uow, offer_id, account.login, reason, comment, explanation)
        )
        return to(url_for("console.priors"), 303)


def _keeping(console: Blueprint, desk: ConsoleDesk) -> None:
    """What an administrator keeps: evaluations and answers about names."""

    @console.get("/recognition")
    def recognition() -> str:
        allow(desk, "recognition")
        keeper = _keeper(desk)
        regions = keeper.listed_regions()
        asked = request.args.get("region", "")
        region = asked if asked in regions else next(iter(regions), "")
        view = desk.store.read(lambda uow: keeper.view(uow, region)) if region else None
        return show("console_recognition.html", regions=regions, region=region, view=view)

    @console.post("/recognition/evaluations")
    def recognition_evaluations() -> Response:
        allow(desk, "recognition")
        table, who = form_text("table", limit=TABLE_CHARACTERS), signed_in().account.login
        keeper = _keeper(desk)
        desk.store.write(lambda uow: keeper.take_evaluations(uow, table.encode(), who))
        return to(url_for("console.recognition"), 303)

    @console.post("/recognition/names")
    def recognition_names() -> Response:
        allow(desk, "recognition")
        region, name = form_text("region", limit=64), form_text("exam_item", limit=200)
        number, who = form_text("item_number", limit=6), signed_in().account.login
        if not (number.isascii() and number.isdigit()):
            raise InvalidInput("item_number", "is a number of the list, 0 for none")
        keeper = _keeper(desk)
        desk.store.write(lambda uow: keeper.confirm(uow, region, name, int(number), who))
        return to(url_for("console.recognition", region=region), 303)


def _priors(desk: ConsoleDesk) -> OfferPrior:
    if desk.priors is None:
        abort(404)
    return desk.priors


def _keeper(desk: ConsoleDesk) -> KeepRecognition:
    if desk.recognition is None:
        abort(404)
    return desk.recognition
