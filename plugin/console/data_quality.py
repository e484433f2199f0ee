"""DB50 7.1 on one page: the five figures of a month, the cases behind each, and limits about to be broken."""

from __future__ import annotations

from flask import Blueprint, request

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow
from plugin.console.pages import show
from plugin.domain.month import month_bounds

MOST_CASES = 200
"""Of one figure on the page; the command writes all of them."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the page of this file."""

    @console.get("/data_quality")
    def data_quality() -> str:
        allow(desk, "data_quality")
        zone = desk.zone
        month = request.args.get("month") or desk.clock().astimezone(zone).strftime("%Y-%m")
        since, until = month_bounds(month, zone)
        view = desk.store.read(lambda uow: desk.data.view(uow, since, until))
        return show("console_data_quality.html", month=month, view=view, most=MOST_CASES)
