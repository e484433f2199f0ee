"""The register of critical values (危急值登记本) and how fast they were told, with exports."""

from __future__ import annotations

from flask import Blueprint, Response, request

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput
from plugin.domain.listing import AlertCase
from plugin.domain.month import month_bounds
from plugin.domain.people import Role
from plugin.kit import spreadsheet
from plugin.workflow import alert_tables
from plugin.workflow.alert_register import COLUMNS, register_rows
from plugin.workflow.alert_statistics import alert_figures


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""
    zone = desk.zone

    def cases(month: str) -> list[AlertCase]:
        account = signed_in().account
        department = account.department if account.role is Role.CLINICIAN else ""
        return list(desk.reading.alert_cases(*month_bounds(month, zone), department))

    def asked_month() -> str:
        return request.args.get("month") or desk.clock().astimezone(zone).strftime("%Y-%m")

    @console.get("/register")
    def register() -> str:
        allow(desk, "register")
        month = asked_month()
        found = cases(month)
        figures = alert_figures(found, desk.alerts.minutes_of, desk.clock(), zone)
        return show(
            "console_register.html",
            month=month,
            columns=COLUMNS,
            rows=zip(register_rows(found, zone), _oldest_first(found), strict=True),
            figures=figures,
        )

    @console.get("/register/<what>.<form>")
    def register_file(what: str, form: str) -> Response:
        allow(desk, "register")
        if form not in spreadsheet.MEDIA_TYPES or what not in {"register", "alerts"}:
            raise InvalidInput("form", "register or alerts as csv, xlsx or json")
        month = asked_month()
        found = cases(month)
        if what == "register":
            table = alert_tables.register_table(found, zone)
        else:
            figures = alert_figures(found, desk.alerts.minutes_of, desk.clock(), zone)
            table = alert_tables.figures_table(figures)
        login = signed_in().account.login
        desk.store.write(
            lambda uow: uow.audit.append(
                desk.clock(), login, "alerts.exported", month, {"what": what, "form": form}
            )
        )
        first_day = month_bounds(month, zone)[0].astimezone(zone)
        name = spreadsheet.file_name(f"signgate-{what}", first_day, form)
        response = Response(spreadsheet.written([table], form), content_type=spreadsheet.MEDIA_TYPES[form])
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _oldest_first(cases: list[AlertCase]) -> list[AlertCase]:
    return sorted(cases, key=lambda case: case.row.alert.detected_at)
