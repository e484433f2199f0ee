"""Critical values: the ward's page.  It asks for news by itself and says so loudly."""

from __future__ import annotations

import hashlib

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.critical import OPEN_ALERT_STATES, Alert, AlertState
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.people import Role
from plugin.workflow.ports import UnitOfWork
from plugin.workflow.reading import AlertRow, Listing, Page

POLL_SECONDS = 4


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/alerts")
    def alerts() -> str:
        allow(desk, "alerts")
        return _page(desk)

    @console.get("/alerts/news")
    def alerts_news() -> Response:
        """A word that changes when the list does; asked for every few seconds."""
        allow(desk, "alerts")
        waiting = _listing(desk, Page(limit=100), open_only=True)
        return jsonify(state=_state_of(waiting), waiting=len(waiting.rows))

    @console.post("/alerts/<alert_id>")
    def alert_step(alert_id: str) -> BaseResponse | tuple[str, int]:
        allow(desk, "alerts")
        step = form_text("do", limit=20)
        try:
            desk.store.write(lambda uow: _step(desk, uow, alert_id, step))
        except (InvalidInput, GateConflict) as error:
            status = 409 if isinstance(error, GateConflict) else 400
            return _page(desk, problem=str(error), about=alert_id), status
        return redirect(url_for("console.alerts"), 303)

    @console.get("/alerts/<alert_id>")
    def alert(alert_id: str) -> str:
        allow(desk, "alerts")

        def read(uow: UnitOfWork) -> tuple[Alert, list[object]]:
            return _own(desk, uow, alert_id), list(uow.alerts.trail(alert_id))

        found, trail = desk.store.read(read)
        return show("console_alert.html", alert=found, trail=trail)


def _step(desk: ConsoleDesk, uow: UnitOfWork, alert_id: str, step: str) -> None:
    account = signed_in().account
    _own(desk, uow, alert_id)
    if step == "acknowledge":
        desk.alerts.acknowledge(uow, alert_id, account.login, form_text("read_back", limit=500), "console")
    elif step == "decline":
        desk.alerts.decline(uow, alert_id, account.login, form_text("reason"))
    elif step == "handle":
        desk.alerts.handle(uow, alert_id, account.login, form_text("treatment", limit=2000))
    elif step == "confirm":
        if account.role is Role.CLINICIAN:
            raise InvalidInput("do", "the radiology department confirms a finding")
        desk.alerts.confirm(uow, alert_id, account.login)
    else:
        raise InvalidInput("do", f"{step!r} is nothing this page does")


def _own(desk: ConsoleDesk, uow: UnitOfWork, alert_id: str) -> Alert:
    """The alert, if it is the person's to see; another ward's is unknown to a clinician.

    Raises
    ------
    UnknownReport
        There is none, or it belongs to another department.
    """
    alert = uow.alerts.get(alert_id)
    account = signed_in().account
    if alert is not None and account.role is Role.CLINICIAN and account.department:
        report, known = uow.reports.latest(alert.accession_number), uow.exams.order(alert.accession_number)
        places = {known[0].department, known[0].ward} if known else set()
        places |= {report.department, report.ward} if report else set()
        if account.department not in places:
            alert = None
    if alert is None:
        raise UnknownReport("no such alert")
    return alert


def _page(desk: ConsoleDesk, problem: str = "", about: str = "") -> str:
    open_ones = _listing(desk, Page(limit=100), open_only=True)
    recent = _listing(desk, Page(limit=50, cursor=request.args.get("cursor", "")[:64]), open_only=False)
    return show(
        "console_alerts.html",
        waiting=sorted(open_ones.rows, key=_urgency),
        recent=[row for row in recent.rows if row.alert.state not in OPEN_ALERT_STATES],
        next_cursor=recent.next_cursor,
        state=_state_of(open_ones),
        poll_seconds=POLL_SECONDS,
        now=desk.clock(),
        problem=problem,
        about=about,
        confirmable=AlertState.DETECTED,
    )


def _listing(desk: ConsoleDesk, page: Page, *, open_only: bool) -> Listing[AlertRow]:
    account = signed_in().account
    department = account.department if account.role is Role.CLINICIAN else ""
    return desk.reading.alerts(page, open_only=open_only, department=department)


def _urgency(row: AlertRow) -> tuple[str, str]:
    order = {"red": "0", "orange": "1", "yellow": "2"}
    return order[row.alert.finding.tier.value], row.alert.detected_at.isoformat()


def _state_of(listing: Listing[AlertRow]) -> str:
    words = "|".join(
        f"{row.alert.alert_id}:{row.alert.state}:{row.alert.escalation_level}" for row in listing.rows
    )
    return hashlib.sha256(words.encode()).hexdigest()[:16]
