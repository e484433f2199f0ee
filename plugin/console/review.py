"""主动, 集中 and 双评: examinations picked, scored one by one, and how far two readers agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput, UnknownReport
from plugin.domain.gate import Signer
from plugin.domain.people import Role
from plugin.domain.review import Assignment, ExamFilter, ReviewSession, SessionKind
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.read_agreement import read_agreement

OVERSEERS = (Role.HEAD, Role.QC_STAFF)
AGREEMENT_DAYS = 92


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/review")
    def review() -> str:
        allow(desk, "review")
        overseer = signed_in().account.role in OVERSEERS
        wanted = _filter(desk)
        chosen = request.args.get("accession_number", "").strip()[:64]
        now = desk.clock()

        def read(uow: UnitOfWork) -> dict[str, object]:
            me = desk.modes.person(uow, signed_in().account)
            found = uow.reviews.find_exams(wanted) if overseer and "since" in request.args else None
            # What others found stays unseen by who is to find it for himself.
            blind = chosen in desk.modes.blind.closed(uow, me)
            sheets = list(uow.sheets.for_exam(chosen)) if chosen and not blind else []
            return {
                "me_reader": me,
                "scorable": desk.modes.scorable(me),
                "found": found,
                "sessions": [(each, _progress(uow, each)) for each in uow.reviews.sessions()],
                "report": uow.reports.latest(chosen) if chosen else None,
                "sheets": [sheet for sheet in sheets if desk.modes.may_see(me, sheet.form_id)],
                "is_blind": blind,
                "replaced": {sheet.amends for sheet in sheets},
                "rounds": _rounds(uow.reviews.of_exam(chosen)) if chosen and overseer and not blind else [],
                "agreement": read_agreement(uow, now - timedelta(days=AGREEMENT_DAYS), now)
                if overseer
                else [],
            }

        return show(
            "console_review.html",
            overseer=overseer,
            chosen=chosen,
            wanted=wanted,
            since=wanted.since.astimezone(desk.zone).date().isoformat(),
            until=(wanted.until - timedelta(days=1)).astimezone(desk.zone).date().isoformat(),
            kinds=list(SessionKind),
            days=AGREEMENT_DAYS,
            **desk.store.read(read),
        )

    @console.post("/review")
    def review_post() -> BaseResponse:
        allow(desk, "review")
        do = form_text("do", limit=20)
        if do == "active":
            number, forms = form_text("accession_number", limit=64), request.form.getlist("forms")
            return _to_form(desk, lambda uow, me: desk.modes.assign.active(uow, number, me, forms))
        if do == "amend":
            sheet_id = form_text("sheet_id", limit=64)
            return _to_form(desk, lambda uow, me: desk.modes.assign.amend(uow, sheet_id, me))
        needs_role(*OVERSEERS)
        actor = signed_in().account.login
        if do == "double":
            number, forms = form_text("accession_number", limit=64), request.form.getlist("forms")
            desk.store.write(lambda uow: desk.modes.twice.double(uow, number, forms, actor))
            return redirect(url_for("console.review", accession_number=number), 303)
        if do == "third":
            number, round_id = form_text("accession_number", limit=64), form_text("round_id", limit=64)
            desk.store.write(lambda uow: desk.modes.settle_round(uow, round_id))
            return redirect(url_for("console.review", accession_number=number), 303)
        if do != "session":
            raise InvalidInput("do", "is one of active, amend, double, third, session")
        kind = form_text("kind", limit=20)
        if kind not in set(SessionKind):
            raise InvalidInput("kind", "is morning or monthly")
        title = form_text("title", limit=100)
        forms, items = request.form.getlist("forms"), request.form.getlist("items")
        blind = "blind" in request.form
        session = desk.store.write(
            lambda uow: desk.modes.assign.start_session(
                uow,
                title=title,
                kind=SessionKind(kind),
                forms=forms,
                items=items,
                by=actor,
                blind=blind,
            )
        )
        return redirect(url_for("console.review_session", session_id=session.session_id), 303)

    @console.get("/review/<session_id>")
    def review_session(session_id: str) -> str:
        allow(desk, "review")
        asked = request.args.get("item", "1")
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else 1

        def read(uow: UnitOfWork) -> dict[str, object]:
            session = _session(uow, session_id)
            done = _done(uow, session)
            at = max(1, min(number, len(session.items)))
            accession_number = session.items[at - 1]
            return {
                "session": session,
                "at": at,
                "done": done,
                "report": uow.reports.latest(accession_number),
                "accession_number": accession_number,
                "reading": done.get(accession_number),
            }

        return show(
            "console_review_session.html", presenter="presenter" in request.args, **desk.store.read(read)
        )

    @console.post("/review/<session_id>/<int:item>")
    def review_item(session_id: str, item: int) -> BaseResponse:
        allow(desk, "review")
        return _to_form(desk, lambda uow, me: desk.modes.assign.item(uow, session_id, item - 1, me))


def _to_form(desk: ConsoleDesk, assign: Callable[[UnitOfWork, Signer], Assignment]) -> BaseResponse:
    """Make or find the reading and lead to its form, in one commit."""

    account = signed_in().account

    def work(uow: UnitOfWork) -> str:
        reading = assign(uow, desk.modes.person(uow, account))
        return desk.held.new_ticket(uow, reading.gate_id, reading.reader.id)

    return redirect(url_for("qc_popup.open_form", ticket=desk.store.write(work)), 303)


def _filter(desk: ConsoleDesk) -> ExamFilter:
    now, zone, asked = desk.clock(), desk.zone, request.args
    today = now.astimezone(zone).date().isoformat()

    def day(name: str) -> datetime:
        try:
            return datetime.fromisoformat(asked.get(name) or today).replace(tzinfo=zone).astimezone(UTC)
        except ValueError:
            raise InvalidInput(name, "is a day, YYYY-MM-DD") from None

    return ExamFilter(
        since=day("since") if asked.get("since") else day("since") - timedelta(days=7),
        until=day("until") + timedelta(days=1),
        modality=asked.get("modality", "").strip()[:16],
        department=asked.get("department", "").strip()[:64],
        exam_item=asked.get("exam_item", "").strip()[:64],
        with_issues=bool(asked.get("with_issues")),
        unscored=bool(asked.get("unscored")),
    )


def _session(uow: UnitOfWork, session_id: str) -> ReviewSession:
    session = uow.reviews.session(session_id)
    if session is None:
        raise UnknownReport("no such session")
    return session


def _done(uow: UnitOfWork, session: ReviewSession) -> dict[str, Assignment]:
    return {each.accession_number: each for each in uow.reviews.of_session(session.session_id) if each.done}


def _progress(uow: UnitOfWork, session: ReviewSession) -> int:
    return len(_done(uow, session))


def _rounds(readings: Sequence[Assignment]) -> list[list[Assignment]]:
    """Readings of one examination by round, newest first; only those that several persons share."""
    rounds: dict[str, list[Assignment]] = {}
    for each in readings:
        rounds.setdefault(each.round_id, []).append(each)
    return [sorted(each, key=lambda r: r.seat) for each in rounds.values() if len(each) > 1]
