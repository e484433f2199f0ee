"""同行学习: feedback in free categories on a report, one's own, and the month's for the department's meeting."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.blind import closed_to_me, not_blind
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, signed_in
from plugin.console.pages import show
from plugin.domain.department_sheet import DepartmentSheet
from plugin.domain.errors import InvalidInput, NotAllowed, UnknownReport
from plugin.domain.gate import Signer
from plugin.domain.month import month_bounds
from plugin.domain.people import Role
from plugin.domain.person_notice import Recipient
from plugin.domain.report import Report
from plugin.domain.scoring import FormAnswers, ScoringForm
from plugin.kit import spreadsheet
from plugin.workflow.give_peer_feedback import PeerRow, is_giver, spoken
from plugin.workflow.ports.unit_of_work import UnitOfWork


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""
    journey = desk.modes.peers

    def blank(form_id: str, person: Signer) -> ScoringForm:
        found = next((form for form in journey.blanks(person) if form.form_id == form_id), None)
        if found is None:
            raise NotAllowed("your role may not fill this form, or there is none of this name")
        return found

    def page(form: ScoringForm, report: Report, person: Signer, problem: str = "") -> str:
        accession_number, sheet_id = report.exam.accession_number, request.values.get("amends", "")[:64]
        given = desk.store.read(lambda uow: journey.on(uow, accession_number))
        former = next((each for each in given if each.sheet_id == sheet_id and is_giver(person, each)), None)
        return show(
            "console_peer_form.html",
            form=form,
            report=report,
            people=journey.people(report, person, form.form_id),
            former=former,
            posted=request.form,
            problem=problem,
        )

    def month_rows() -> tuple[str, list[PeerRow]]:
        person, closed = _me(desk), closed_to_me(desk)
        month = request.args.get("month") or desk.clock().astimezone(desk.zone).strftime("%Y-%m")
        since, until = month_bounds(month, desk.zone)
        return month, desk.store.read(lambda uow: journey.of_month(uow, person, since, until, closed))

    @console.get("/peer_learning")
    def peer_learning() -> str:
        allow(desk, "peer_learning")
        account, named = signed_in().account, _named()
        own = Recipient(person_id=account.staff_id, name=account.name)
        month, rows = month_rows()
        return show(
            "console_peer_learning.html",
            month=month,
            rows=rows,
            mine=desk.store.read(lambda uow: journey.to(uow, own)),
            oversees=bool(journey.seen_by(_me(desk))),
            may_name=_may_name(),
            named=named,
            said=lambda sheet, named: journey.said(sheet, named=named, english=g.language == "en"),
            spoken=spoken,
        )

    @console.get("/peer_learning.<form>")
    def peer_learning_file(form: str) -> Response:
        allow(desk, "peer_learning")
        if form not in spreadsheet.MEDIA_TYPES:
            raise InvalidInput("form", "is csv, xlsx or json")
        if not journey.seen_by(_me(desk)):
            raise NotAllowed("your role may not see what others were told")
        named, login = _named(), signed_in().account.login
        month, rows = month_rows()
        facts = {"form": str(form), "named": "yes" if named else "no"}
        desk.store.write(
            lambda uow: uow.audit.append(desk.clock(), login, "peer_feedback.exported", month, facts)
        )
        name = spreadsheet.file_name("signgate-peer-learning", desk.clock().astimezone(desk.zone), form)
        content = spreadsheet.written([journey.table(rows, named=named)], form)
        response = Response(content, content_type=spreadsheet.MEDIA_TYPES[form])
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @console.get("/peer_learning/<form_id>/<path:accession_number>")
    def peer_feedback(form_id: str, accession_number: str) -> str:
        allow(desk, "peer_learning")
        not_blind(desk, accession_number)
        person = _me(desk)
        return page(blank(form_id, person), _report(desk, accession_number), person)

    @console.post("/peer_learning/<form_id>/<path:accession_number>")
    def peer_feedback_post(form_id: str, accession_number: str) -> BaseResponse | tuple[str, int]:
        allow(desk, "peer_learning")
        not_blind(desk, accession_number)
        person = _me(desk)
        form, report = blank(form_id, person), _report(desk, accession_number)
        people = {str(n): each for n, each in enumerate(journey.people(report, person, form_id))}
        try:
            about = people.get(form_text("about", limit=1), Recipient(person_id=""))
            answers, amends = _answers(form), form_text("amends", needed=False, limit=64)
            desk.store.write(
                lambda uow: journey.give(uow, form_id, accession_number, about, person, answers, amends)
            )
        except InvalidInput as error:
            return page(form, report, person, str(error)), 422
        return redirect(url_for("console.exam", accession_number=accession_number), 303)


def feedback_on(desk: ConsoleDesk, uow: UnitOfWork, accession_number: str) -> dict[str, object]:
    """For the examination's page: what was said, without names, and the forms that the person may fill."""
    journey, person = desk.modes.peers, desk.modes.person(uow, signed_in().account)
    if signed_in().account.role is Role.TECHNICIAN:
        return {"peer_forms": [], "peer_given": []}
    seen = {form.form_id for form in journey.seen_by(person)}
    given = [each for each in journey.on(uow, accession_number) if _open_to(person, each, seen)]
    english = g.language == "en"
    return {
        "peer_forms": journey.blanks(person) if uow.reports.latest(accession_number) else [],
        "peer_given": [(each, journey.said(each, english=english), is_giver(person, each)) for each in given],
        "spoken": spoken,
    }


def _open_to(person: Signer, sheet: DepartmentSheet, seen: set[str]) -> bool:
    return sheet.form_id in seen or is_giver(person, sheet)


def _answers(form: ScoringForm) -> FormAnswers:
    """Categories ticked (``c.<id>``) or written to (``r.<id>``)."""
    reasons = {each.id: text for each in form.categories if (text := form_text(f"r.{each.id}", needed=False))}
    ticked = {each.id for each in form.categories if form_text(f"c.{each.id}", needed=False, limit=1)}
    return FormAnswers(
        present=frozenset(ticked | set(reasons)), reasons=reasons, comment=form_text("comment", needed=False)
    )


def _me(desk: ConsoleDesk) -> Signer:
    account = signed_in().account
    return desk.store.read(lambda uow: desk.modes.person(uow, account))


def _report(desk: ConsoleDesk, accession_number: str) -> Report:
    found = desk.store.read(lambda uow: uow.reports.latest(accession_number))
    if found is None:
        raise UnknownReport("no report is known under this accession number")
    return found


def _may_name() -> bool:
    return signed_in().account.role in {Role.HEAD, Role.QC_STAFF}


def _named() -> bool:
    """Whether the list is asked for with names, which head and QC staff may."""
    asked = request.args.get("named") == "1"
    if asked and not _may_name():
        raise NotAllowed("names are for the head and QC staff")
    return asked
