"""The staff table: who may sign, score and teach; one by one, or from a CSV file."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput
from plugin.domain.staff import StaffMember, StaffRole
from plugin.workflow.staff_file import WrongLines, parts

MAX_FILE = 60_000
"""Characters of a pasted file; a longer one is imported in parts."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/staff")
    def staff() -> str:
        allow(desk, "staff")
        return _page(desk)

    @console.post("/staff")
    def staff_post() -> BaseResponse | str:
        allow(desk, "staff")
        actor, do = signed_in().account.login, form_text("do", limit=20)
        try:
            if do == "import":
                data = form_text("csv", limit=MAX_FILE).encode()
                desk.store.write(lambda uow: desk.modes.staff.import_file(uow, data, actor))
            elif do == "remove":
                staff_id = form_text("staff_id", limit=64)
                desk.store.write(lambda uow: desk.modes.staff.remove(uow, staff_id, actor))
            else:
                member = _member()
                desk.store.write(lambda uow: desk.modes.staff.save(uow, member, actor))
        except InvalidInput as error:
            return _page(desk, error)
        return redirect(url_for("console.staff"), 303)

    @console.post("/staff/file")
    def staff_upload() -> BaseResponse | str:
        allow(desk, "staff")
        file, actor = request.files.get("file"), signed_in().account.login
        data = file.read() if file else b""
        try:
            if not data:
                raise InvalidInput("file", "choose a CSV or XLSX file")
            desk.store.write(lambda uow: desk.modes.staff.import_file(uow, data, actor))
        except InvalidInput as error:
            return _page(desk, error)
        return redirect(url_for("console.staff"), 303)


def _page(desk: ConsoleDesk, problem: InvalidInput | None = None) -> str:
    members = desk.store.read(lambda uow: list(uow.staff.all()))
    chosen = next((each for each in members if each.staff_id == request.args.get("staff_id")), None)
    return show(
        "console_staff.html",
        members=members,
        chosen=chosen,
        roles=[role for role in StaffRole if role is not StaffRole.UNKNOWN],
        problems=problem.problems if isinstance(problem, WrongLines) else [str(problem)] if problem else [],
    )


def _member() -> StaffMember:
    role, quota = form_text("role", limit=30), form_text("monthly_quota", needed=False, limit=4) or "0"
    if role not in set(StaffRole):
        raise InvalidInput("role", "is none that there is")
    if not quota.isascii() or not quota.isdigit():
        raise InvalidInput("monthly_quota", "is a number; 0 is no limit")
    return StaffMember(
        staff_id=form_text("staff_id", limit=64),
        name=form_text("name", limit=64),
        role=StaffRole(role),
        departments=parts(form_text("departments", needed=False)),
        licensed="licensed" in request.form,
        first_stage="first_stage" in request.form,
        specialties=parts(form_text("specialties", needed=False)),
        monthly_quota=int(quota),
        available="available" in request.form,
        mail=form_text("mail", needed=False, limit=200),
    )
