"""My held reports: the desktop page of a RIS that embeds nothing.  It asks for news and opens a form by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, jsonify, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.blind import closed_to_me
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in
from plugin.console.pages import show
from plugin.domain.gate import SIGNING, Gate, GateState
from plugin.domain.listing import Page
from plugin.domain.people import Role
from plugin.workflow.ports.unit_of_work import UnitOfWork

POLL_SECONDS = 3


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/held")
    def held() -> str:
        allow(desk, "held")
        top, mine = _mine(desk)
        overseer = signed_in().account.role in {Role.HEAD, Role.QC_STAFF}
        everyone = desk.reading.gates(Page(limit=100), state=GateState.HELD).rows if overseer else []
        return show(
            "console_held.html",
            mine=mine,
            top=top,
            top_is_mine=any(gate.accession_number == top for gate in mine),
            everyone=everyone,
            about=_about(desk, [*mine, *everyone]),
            state=_state(mine, top),
            poll_seconds=POLL_SECONDS,
        )

    @console.get("/held/news")
    def held_news() -> Response:
        """A word that changes when my list does, or what lies on top of it."""
        allow(desk, "held")
        top, mine = _mine(desk)
        return jsonify(state=_state(mine, top))

    @console.post("/held/<gate_id>/open")
    def open_gate(gate_id: str) -> BaseResponse:
        allow(desk, "held")
        staff_id = signed_in().account.staff_id
        ticket = desk.store.write(lambda uow: desk.held.new_ticket(uow, gate_id, staff_id))
        return redirect(url_for("qc_popup.open_form", ticket=ticket), 303)

    @console.post("/held/<gate_id>/override")
    def override(gate_id: str) -> BaseResponse:
        needs_role(Role.HEAD, Role.QC_STAFF)
        reason, login = form_text("reason"), signed_in().account.login
        desk.store.write(lambda uow: desk.held.override(uow, gate_id, login, reason))
        return redirect(url_for("console.held"), 303)


def _mine(desk: ConsoleDesk) -> tuple[str, Sequence[Gate]]:
    """The report that is open on my desktop, and my forms, those of that report first."""
    staff_id = signed_in().account.staff_id
    mine = desk.reading.owed(staff_id) if staff_id else []
    top = desk.on_top(staff_id) if desk.on_top is not None else ""
    return top, sorted(mine, key=lambda gate: gate.accession_number != top)


def _about(desk: ConsoleDesk, gates: Sequence[Gate]) -> Mapping[str, tuple[str, str]]:
    """Accession number to patient and examination, but for readings: one of them may be blind."""
    numbers = {gate.accession_number for gate in gates if gate.action in SIGNING} - closed_to_me(desk)

    def known(uow: UnitOfWork, number: str) -> tuple[str, str]:
        report = uow.reports.latest(number)
        return (report.patient.name, report.exam.exam_item) if report else ("", "")

    return desk.store.read(lambda uow: {number: known(uow, number) for number in numbers})


def _state(mine: Sequence[Gate], top: str) -> str:
    words = "|".join([top, *(f"{gate.gate_id}:{gate.state}:{gate.owed}" for gate in mine)])
    return hashlib.sha256(words.encode()).hexdigest()[:16]
