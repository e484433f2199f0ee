"""Critical values: the ward's page.  It asks for news by itself and says so loudly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.critical import OPEN_ALERT_STATES, Alert, AlertState, Tier
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.listing import AlertRow, Listing, Page
from plugin.domain.people import Account, Role
from plugin.workflow.ports import UnitOfWork

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
        return jsonify(state=_state_of(waiting), waiting=sum(not _can_wait(row) for row in waiting.rows))

    @console.post("/alerts/<alert_id>")
    def alert_step(alert_id: str) -> BaseResponse | tuple[str, int]:
        allow(desk, "alerts")
        account = signed_in().account
        try:
            take = _step(desk, account, alert_id)
            desk.store.write(lambda uow: take(uow, _own(uow, alert_id, account)))
        except (InvalidInput, GateConflict) as error:
            status = 409 if isinstance(error, GateConflict) else 400
            return _page(desk, problem=str(error), about=alert_id), status
        return redirect(url_for("console.alerts"), 303)

    @console.get("/alerts/<alert_id>")
    def alert(alert_id: str) -> str:
        allow(desk, "alerts")

        def read(uow: UnitOfWork) -> tuple[Alert, list[object]]:
            return _own(uow, alert_id, signed_in().account), list(uow.alerts.trail(alert_id))

        found, trail = desk.store.read(read)
        return show("console_alert.html", alert=found, trail=trail)


def _step(desk: ConsoleDesk, account: Account, alert_id: str) -> Callable[[UnitOfWork, Alert], Alert]:
    """The journey that the posted form asks for, its texts read already."""
    step, login, alerts = form_text("do", limit=20), account.login, desk.alerts
    if step == "acknowledge":
        said = form_text("read_back", limit=500)
        return lambda uow, _: alerts.acknowledge(uow, alert_id, login, said, "console")
    if step == "decline":
        reason = form_text("reason")
        return lambda uow, _: alerts.decline(uow, alert_id, login, reason)
    if step == "handle":
        treatment = form_text("treatment", limit=2000)
        return lambda uow, _: alerts.handle(uow, alert_id, login, treatment)
    if step == "confirm" and account.role is not Role.CLINICIAN:
        return lambda uow, _: alerts.confirm(uow, alert_id, login)
    raise InvalidInput("do", f"{step!r} is nothing that your role does on this page")


def _own(uow: UnitOfWork, alert_id: str, account: Account) -> Alert:
    """The alert, if it is the person's to see; another ward's is unknown to a clinician.

    Raises
    ------
    UnknownReport
        There is none, or it belongs to another department.
    """
    alert = uow.alerts.get(alert_id)
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
        waiting=sorted((row for row in open_ones.rows if not _can_wait(row)), key=_urgency),
        follow_up=sorted((row for row in open_ones.rows if _can_wait(row)), key=_urgency),
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


def _can_wait(row: AlertRow) -> bool:
    """Yellow is a follow-up list: nobody is chased for it (decisions 22)."""
    return row.alert.finding.tier is Tier.YELLOW


def _urgency(row: AlertRow) -> tuple[str, str]:
    return str(list(Tier).index(row.alert.finding.tier)), row.alert.detected_at.isoformat()


def _state_of(listing: Listing[AlertRow]) -> str:
    words = "|".join(
        f"{row.alert.alert_id}:{row.alert.state}:{row.alert.escalation_level}" for row in listing.rows
    )
    return hashlib.sha256(words.encode()).hexdigest()[:16]
