"""The staff table: who may sign, score and teach; one by one, or from a CSV file."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput
from plugin.domain.staff import StaffMember, StaffRole
from plugin.workflow.keep_staff import COLUMNS, parts

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
                text = form_text("csv", limit=MAX_FILE)
                desk.store.write(lambda uow: desk.modes.staff.import_csv(uow, text, actor))
            elif do == "remove":
                staff_id = form_text("staff_id", limit=64)
                desk.store.write(lambda uow: desk.modes.staff.remove(uow, staff_id, actor))
            else:
                member = _member()
                desk.store.write(lambda uow: desk.modes.staff.save(uow, member, actor))
        except InvalidInput as error:
            return _page(desk, str(error))
        return redirect(url_for("console.staff"), 303)


def _page(desk: ConsoleDesk, problem: str = "") -> str:
    members = desk.store.read(lambda uow: list(uow.staff.all()))
    chosen = next((each for each in members if each.staff_id == request.args.get("staff_id")), None)
    return show(
        "console_staff.html",
        members=members,
        chosen=chosen,
        roles=[role for role in StaffRole if role is not StaffRole.UNKNOWN],
        columns=", ".join(COLUMNS),
        problem=problem,
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
    )
