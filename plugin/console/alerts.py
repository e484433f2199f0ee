"""Critical values: the ward's page.  It asks for news by itself and says so loudly."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in, speak
from plugin.console.pages import show
from plugin.domain.critical import DRILL_CODE, OPEN_ALERT_STATES, Alert, AlertState, Tier
from plugin.domain.duty import Duty
from plugin.domain.errors import GateConflict, InvalidInput, UnknownReport
from plugin.domain.listing import AlertRow, Listing, Page
from plugin.domain.people import Account, Role
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_by_hand import HandAlert

POLL_SECONDS = 4

CHOICES = 4
"""Findings to pick the read-back from; one of them is right."""

_OVERSEERS = (Role.HEAD, Role.QC_STAFF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A waiting alert with whom to call and what may be picked as read-back."""

    row: AlertRow
    duty: Duty
    choices: Sequence[str]


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
        return jsonify(state=state_of(waiting), waiting=waiting_in(waiting))

    @console.post("/alerts")
    def alert_raise() -> BaseResponse | tuple[str, int]:
        allow(desk, "alerts")
        if signed_in().account.role is Role.CLINICIAN:
            raise InvalidInput("do", "an alert is raised by radiology; telephone them")
        try:
            said, login = _said(), signed_in().account.login
            raised = desk.store.write(lambda uow: desk.by_hand(uow, said, login, "page"))
        except InvalidInput:
            t = speak()
            return _page(desk, problem=t("alert.incomplete")), 400
        except UnknownReport:
            t = speak()
            return _page(desk, problem=t("alert.no_exam")), 404
        return redirect(url_for("console.alert", alert_id=raised.alert_id), 303)

    @console.post("/alerts/drill")
    def alert_drill() -> BaseResponse:
        needs_role(*_OVERSEERS)
        login = signed_in().account.login
        desk.store.write(lambda uow: desk.by_hand.drill(uow, login, "page"))
        return redirect(url_for("console.alerts"), 303)

    @console.post("/alerts/<alert_id>")
    def alert_step(alert_id: str) -> BaseResponse | tuple[str, int]:
        allow(desk, "alerts")
        account = signed_in().account
        try:
            take = _step(desk, account, alert_id)
            desk.store.write(lambda uow: take(uow, own_alert(uow, alert_id, account)))
        except InvalidInput as error:
            t = speak()
            problem = t("alert.other_value") if error.where == "read_back" else t("alert.incomplete")
            return _page(desk, problem=problem, about=alert_id), 400
        except GateConflict:
            t = speak()
            return _page(desk, problem=t("alert.moved_on"), about=alert_id), 409
        if form_text("back", needed=False, limit=10) == "alert":
            return redirect(url_for("console.alert", alert_id=alert_id), 303)
        return redirect(url_for("console.alerts"), 303)


def _step(desk: ConsoleDesk, account: Account, alert_id: str) -> Callable[[UnitOfWork, Alert], Alert]:
    """The journey that the posted form asks for, its texts read already."""
    step, login, alerts = form_text("do", limit=20), account.login, desk.alerts
    if step == "acknowledge":
        typed, picked = form_text("read_back", needed=False), form_text("picked", needed=False)
        return lambda uow, _: alerts.acknowledge(uow, alert_id, login, typed or picked, "console")
    if step == "decline":
        reason = form_text("reason")
        return lambda uow, _: alerts.decline(uow, alert_id, login, reason)
    if step == "handle":
        treatment = form_text("treatment", limit=2000)
        return lambda uow, _: alerts.handle(uow, alert_id, login, treatment)
    if account.role is not Role.CLINICIAN:
        if step == "confirm":
            return lambda uow, _: alerts.confirm(uow, alert_id, login)
        if step == "telephone":
            receiver, phone = form_text("receiver", limit=100), form_text("phone", needed=False, limit=40)
            return lambda uow, _: alerts.by_telephone(uow, alert_id, login, receiver, phone)
        if step == "withdraw":
            why = form_text("reason")
            return lambda uow, _: alerts.withdraw(uow, alert_id, login, why)
        if step == "close":
            return lambda uow, _: alerts.close(uow, alert_id, login)
    raise InvalidInput("do", f"{step!r} is nothing that your role does on this page")


def _said() -> HandAlert:
    tier = form_text("tier", needed=False, limit=10)
    if tier and tier not in set(Tier):
        raise InvalidInput("tier", f"is one of {', '.join(Tier)}")
    return HandAlert(
        accession_number=form_text("accession_number", limit=64),
        code=form_text("code", needed=False, limit=40),
        text=form_text("text", needed=False),
        tier=Tier(tier) if tier else None,
    )


def own_alert(uow: UnitOfWork, alert_id: str, account: Account) -> Alert:
    """The alert, if it is the person's to see; another ward's is unknown to a clinician.

    Raises
    ------
    UnknownReport
        There is none, or it belongs to another department.
    """
    alert = uow.alerts.get(alert_id)
    if alert is not None and account.role is Role.CLINICIAN and account.department and not alert.is_drill:
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
    cards = _cards(desk, sorted(open_ones.rows, key=_urgency))
    shown = {card.row.alert.alert_id for card in cards}
    return show(
        "console_alerts.html",
        waiting=[card for card in cards if not _can_wait(card.row)],
        follow_up=[card for card in cards if _can_wait(card.row)],
        recent=[row for row in recent.rows if row.alert.state not in OPEN_ALERT_STATES],
        next_cursor=recent.next_cursor,
        state=state_of(open_ones),
        poll_seconds=POLL_SECONDS,
        now=desk.clock(),
        problem=problem,
        about=about if about in shown else "",
        confirmable=AlertState.DETECTED,
        names=sorted(desk.by_hand.names.items(), key=lambda item: (list(Tier).index(item[1][1]), item[1][0])),
        may_drill=signed_in().account.role in _OVERSEERS,
        radiology=signed_in().account.role is not Role.CLINICIAN,
    )


def _cards(desk: ConsoleDesk, rows: Sequence[AlertRow]) -> list[Card]:
    def read(uow: UnitOfWork) -> list[Card]:
        return [
            Card(
                row=row,
                duty=desk.alerts.whom.now(uow, row.alert),
                choices=choices(row.alert, desk.by_hand.names),
            )
            for row in rows
        ]

    return desk.store.read(read)


def choices(alert: Alert, names: Mapping[str, tuple[str, Tier]]) -> list[str]:
    """The finding among others of the catalogue, in an order that says nothing; the same at each look."""

    def shuffled(name: str) -> bytes:
        return hashlib.sha256(f"{alert.alert_id}{name}".encode()).digest()

    others = sorted({name for name, _ in names.values()} - {alert.finding.name}, key=shuffled)
    return sorted([alert.finding.name, *others[: CHOICES - 1]], key=shuffled)


def _listing(desk: ConsoleDesk, page: Page, *, open_only: bool) -> Listing[AlertRow]:
    account = signed_in().account
    department = account.department if account.role is Role.CLINICIAN else ""
    return desk.reading.alerts(page, open_only=open_only, department=department)


def _can_wait(row: AlertRow) -> bool:
    """Yellow is a follow-up list: nobody is chased for it (decisions 22)."""
    return row.alert.finding.tier is Tier.YELLOW


def _urgency(row: AlertRow) -> tuple[bool, bool, int, str]:
    """What nobody answers stands first, exercises last."""
    alert = row.alert
    drill = alert.finding.code == DRILL_CODE
    return drill, not alert.stands, list(Tier).index(alert.finding.tier), alert.detected_at.isoformat()


def waiting_in(listing: Listing[AlertRow]) -> int:
    """How many of them somebody waits for."""
    return sum(not _can_wait(row) for row in listing.rows)


def state_of(listing: Listing[AlertRow]) -> str:
    """A word that changes when the list does."""
    words = "|".join(
        f"{row.alert.alert_id}:{row.alert.state}:{row.alert.escalation_level}" for row in listing.rows
    )
    return hashlib.sha256(words.encode()).hexdigest()[:16]
