"""The roster (值班表): who is called at which number, filled in on a page."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.errors import GateConflict, InvalidInput


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/roster")
    def roster() -> str:
        allow(desk, "roster")
        return _page(desk)

    @console.post("/roster")
    def roster_post() -> BaseResponse | tuple[str, int]:
        allow(desk, "roster")
        login, seen = signed_in().account.login, form_text("seen", limit=64)
        _, slots = desk.roster.slots()
        given = {slot.number: (_field("person", slot.number), _field("phone", slot.number)) for slot in slots}
        try:
            desk.roster.fill(seen, given)
        except GateConflict as error:
            return _page(desk, str(error)), 409
        except InvalidInput as error:
            return _page(desk, str(error)), 400
        changed = [slot for slot in slots if given[slot.number] != (slot.person, slot.phone)]
        detail = {"rows": str(len(changed)), "numbers": str(sum(bool(pair[1]) for pair in given.values()))}
        desk.store.write(lambda uow: uow.audit.append(desk.clock(), login, "roster.filled", "roster", detail))
        return redirect(url_for("console.roster"), 303)


def _field(name: str, number: int) -> str:
    return request.form.get(f"{name}.{number}", "").strip()


def _page(desk: ConsoleDesk, problem: str = "") -> str:
    seen, slots = desk.roster.slots()
    return show(
        "console_roster.html",
        seen=seen,
        slots=slots,
        missing=sum(slot.level is not None and not slot.reached for slot in slots),
        problem=problem,
    )
