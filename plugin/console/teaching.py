"""影像诊断报告书写指导 (seed 002): who is due, the sessions, and the five stages of one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput, UnknownReport
from plugin.domain.month import month_bounds
from plugin.domain.people import Role
from plugin.domain.review import ExamFilter
from plugin.domain.scoring import FormAnswers, ScoringForm
from plugin.domain.staff import StaffMember, Teaching
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.teach import FORM, MINUTES

CASE_DAYS = 30


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/teaching")
    def teaching() -> str:
        allow(desk, "teaching")
        zone, now = desk.zone, desk.clock()
        month = request.args.get("month") or now.astimezone(zone).strftime("%Y-%m")
        since, until = month_bounds(month, zone)
        resident_id = request.args.get("resident_id", "")[:64]

        def read(uow: UnitOfWork) -> dict[str, object]:
            account = signed_in().account
            me = desk.modes.person(uow, account)
            teacher = FORM in _teachable(desk, me.role)
            overseer = teacher or account.role in {Role.HEAD, Role.QC_STAFF}
            held = uow.staff.teachings(since, until)
            due = desk.modes.teaching.due(uow, since, until) if overseer else []
            resident = uow.staff.get(resident_id) if resident_id else None
            return {
                "teacher": teacher,
                "due": due,
                "held": [each for each in held if overseer or each.resident_id == account.staff_id],
                "resident": resident,
                "cases": _cases(desk, uow, resident, now) if teacher and resident else [],
            }

        return show("console_teaching.html", month=month, minutes=MINUTES, **desk.store.read(read))

    @console.post("/teaching")
    def teaching_post() -> BaseResponse:
        allow(desk, "teaching")
        fields = {
            name: form_text(name, limit=100)
            for name in ("resident_id", "accession_number", "disease", "place")
        }
        starts_at = _moment(desk, form_text("starts_at", limit=20))
        account = signed_in().account
        desk.store.write(
            lambda uow: desk.modes.teaching.plan(
                uow, teacher=desk.modes.person(uow, account), starts_at=starts_at, **fields
            )
        )
        return redirect(url_for("console.teaching"), 303)

    @console.get("/teaching/<teaching_id>")
    def teaching_session(teaching_id: str) -> str:
        allow(desk, "teaching")
        session, report = desk.store.read(
            lambda uow: (
                found := _visible(desk, uow, teaching_id),
                uow.reports.latest(found.accession_number),
            )
        )
        return show(
            "console_teaching_session.html",
            session=session,
            report=report,
            form=desk.modes.teaching.form,
            minutes=MINUTES,
            mine=session.teacher_id == signed_in().account.staff_id,
        )

    @console.post("/teaching/<teaching_id>")
    def teaching_session_post(teaching_id: str) -> BaseResponse:
        allow(desk, "teaching")
        account = signed_in().account
        if form_text("do", limit=20) == "cancel":
            desk.store.write(
                lambda uow: desk.modes.teaching.cancel(uow, teaching_id, desk.modes.person(uow, account))
            )
            return redirect(url_for("console.teaching"), 303)
        answers = point_answers(desk.modes.teaching.form)
        minutes = form_text("minutes", limit=3)
        if not minutes.isascii() or not minutes.isdigit():
            raise InvalidInput("minutes", "is a number of minutes")
        desk.store.write(
            lambda uow: desk.modes.teaching.record(
                uow, teaching_id, desk.modes.person(uow, account), answers, int(minutes)
            )
        )
        return redirect(url_for("console.teaching_session", teaching_id=teaching_id), 303)


def point_answers(form: ScoringForm) -> FormAnswers:
    """Points (``p.<item>``) and remarks (``r.<item>``) of the posted form.

    Raises
    ------
    InvalidInput
        When something else than a number is given as points.
    """
    points, reasons = {}, {}
    for item in form.items:
        text = form_text(f"p.{item.id}", limit=8)
        try:
            points[item.id] = float(text)
        except ValueError:
            raise InvalidInput(f"p.{item.id}", f"{text!r} is no number") from None
        if reason := form_text(f"r.{item.id}", needed=False):
            reasons[item.id] = reason
    return FormAnswers(points=points, reasons=reasons, comment=form_text("comment", needed=False))


def _visible(desk: ConsoleDesk, uow: UnitOfWork, teaching_id: str) -> Teaching:
    """The session, for its two people, those who may see the form, and nobody else."""
    account = signed_in().account
    session = uow.staff.teaching(teaching_id)
    own = session is not None and account.staff_id in {session.resident_id, session.teacher_id}
    if session is None or not (own or desk.modes.may_see(desk.modes.person(uow, account), FORM)):
        raise UnknownReport("no such teaching session")
    return session


def _teachable(desk: ConsoleDesk, role: str) -> frozenset[str]:
    rights = desk.modes.rights.score
    return next((forms for known, forms in rights.items() if known.value == role), frozenset())


def _cases(desk: ConsoleDesk, uow: UnitOfWork, resident: StaffMember, now: datetime) -> object:
    wanted = ExamFilter(since=now - timedelta(days=CASE_DAYS), until=now, limit=30)
    return desk.modes.teaching.cases(uow, wanted, first_stage=resident.first_stage)


def _moment(desk: ConsoleDesk, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=desk.zone).astimezone(UTC)
    except ValueError:
        raise InvalidInput("starts_at", "is written YYYY-MM-DDTHH:MM") from None
