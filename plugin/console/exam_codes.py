"""Names and codes of examinations (DB50 7.2, WS/T 364.8): those that do not keep to them, and a look at a table."""

from __future__ import annotations

from flask import Blueprint, request

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text
from plugin.console.pages import show
from plugin.domain.month import month_bounds
from plugin.workflow.check_names import TableProblems

TABLE_CHARACTERS = 200_000


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    def page(problems: TableProblems | None, codes: int) -> str:
        month = request.args.get("month") or desk.clock().astimezone(desk.zone).strftime("%Y-%m")
        since, until = month_bounds(month, desk.zone)
        view = desk.store.read(lambda uow: desk.names.view(uow, since, until))
        return show("console_exam_codes.html", month=month, view=view, problems=problems, checked=codes)

    @console.get("/exam_codes")
    def exam_codes() -> str:
        allow(desk, "exam_codes")
        return page(None, 0)

    @console.post("/exam_codes")
    def exam_codes_check() -> str:
        allow(desk, "exam_codes")
        codes, problems = desk.names.check_table(form_text("table", limit=TABLE_CHARACTERS).encode())
        return page(problems, codes)
