"""What an administrator keeps for mutual recognition: results of the QC centre, and answers about item names."""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask import redirect as to
from werkzeug.wrappers import Response

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput

TABLE_CHARACTERS = 20_000
"""Of a pasted table; a longer one is taken over by ``signgate recognition evaluations``."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""
    keeper = desk.recognition

    @console.get("/recognition")
    def recognition() -> str:
        allow(desk, "recognition")
        regions = keeper.listed_regions()
        asked = request.args.get("region", "")
        region = asked if asked in regions else next(iter(regions), "")
        view = desk.store.read(lambda uow: keeper.view(uow, region)) if region else None
        return show("console_recognition.html", regions=regions, region=region, view=view)

    @console.post("/recognition/evaluations")
    def recognition_evaluations() -> Response:
        allow(desk, "recognition")
        table, who = form_text("table", limit=TABLE_CHARACTERS), signed_in().account.login
        desk.store.write(lambda uow: keeper.take_evaluations(uow, table.encode(), who))
        return to(url_for("console.recognition"), 303)

    @console.post("/recognition/names")
    def recognition_names() -> Response:
        allow(desk, "recognition")
        region, name = form_text("region", limit=64), form_text("exam_item", limit=200)
        number, who = form_text("item_number", limit=6), signed_in().account.login
        if not (number.isascii() and number.isdigit()):
            raise InvalidInput("item_number", "is a number of the list, 0 for none")
        desk.store.write(lambda uow: keeper.confirm(uow, region, name, int(number), who))
        return to(url_for("console.recognition", region=region), 303)
