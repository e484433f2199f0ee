"""科室评分表 (seed 000 表B.1): filled on a page, kept, shown and taken along as a file."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.console.teaching import point_answers
from plugin.domain.department_sheet import DepartmentSheet
from plugin.domain.errors import InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import Signer
from plugin.domain.scoring import ScoringForm
from plugin.kit import spreadsheet

DAYS = 92
"""抽查3个月."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""
    journey = desk.modes.department

    def me() -> Signer:
        account = signed_in().account
        return desk.store.read(lambda uow: desk.modes.person(uow, account))

    def blank(form_id: str) -> ScoringForm:
        found = next((form for form in journey.blanks(me()) if form.form_id == form_id), None)
        if found is None:
            raise NotAllowed("your role may not fill this form, or there is none of this name")
        return found

    def kept(sheet_id: str) -> DepartmentSheet:
        found = desk.store.read(lambda uow: uow.department_sheets.get(sheet_id))
        if found is None or found.accession_number or not journey.may_see(me(), found.form_id):
            raise UnknownReport("no such sheet")
        return found

    def page(form: ScoringForm, problem: str = "") -> str:
        today = desk.clock().astimezone(desk.zone).date()
        former = kept(amends) if (amends := request.values.get("amends", "")[:64]) else None
        return show(
            "console_department_form.html",
            form=form,
            former=former,
            first_day=former.first_day if former else today - timedelta(days=DAYS),
            last_day=former.last_day if former else today,
            posted=request.form,
            problem=problem,
        )

    @console.get("/department")
    def department() -> str:
        allow(desk, "department")
        person = me()
        sheets = desk.store.read(lambda uow: journey.listed(uow, person))
        return show(
            "console_department.html", sheets=sheets, blanks=journey.blanks(person), forms=_by_id(desk)
        )

    @console.get("/department/fill/<form_id>")
    def department_fill(form_id: str) -> str:
        allow(desk, "department")
        return page(blank(form_id))

    @console.post("/department/fill/<form_id>")
    def department_post(form_id: str) -> BaseResponse | tuple[str, int]:
        allow(desk, "department")
        form, person = blank(form_id), me()
        try:
            days = _day("first_day"), _day("last_day")
            answers = point_answers(form)
            amends = form_text("amends", needed=False, limit=64)
            sheet = desk.store.write(
                lambda uow: journey.fill(uow, form.form_id, days, person, answers, amends)
            )
        except InvalidInput as error:
            return page(form, str(error)), 422
        return redirect(url_for("console.department_sheet", sheet_id=sheet.sheet_id), 303)

    @console.get("/department/<sheet_id>")
    def department_sheet(sheet_id: str) -> str:
        allow(desk, "department")
        sheet = kept(sheet_id)
        return show(
            "console_department_sheet.html",
            sheet=sheet,
            table=journey.table(sheet),
            may_fill=any(form.form_id == sheet.form_id for form in journey.blanks(me())),
        )

    @console.get("/department/<sheet_id>.<form>")
    def department_file(sheet_id: str, form: str) -> Response:
        allow(desk, "department")
        if form not in spreadsheet.MEDIA_TYPES:
            raise InvalidInput("form", "is csv, xlsx or json")
        sheet, login = kept(sheet_id), signed_in().account.login
        desk.store.write(
            lambda uow: uow.audit.append(
                desk.clock(), login, "department_sheet.exported", sheet_id, {"form": form}
            )
        )
        name = spreadsheet.file_name("signgate-department", sheet.last_day, form)
        response = Response(
            spreadsheet.written([journey.table(sheet)], form), content_type=spreadsheet.MEDIA_TYPES[form]
        )
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _by_id(desk: ConsoleDesk) -> dict[str, ScoringForm]:
    return {form.form_id: form for form in desk.forms}


def _day(name: str) -> date:
    try:
        return date.fromisoformat(form_text(name, limit=10))
    except ValueError:
        raise InvalidInput(name, "is a day, YYYY-MM-DD") from None
