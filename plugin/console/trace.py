"""One accession number from order to call-back on a page, and as a file for the RIS vendor."""

from __future__ import annotations

from flask import Blueprint, Response, request

from plugin.console.blind import not_blind
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, needs_role, signed_in
from plugin.console.pages import plain_words, show
from plugin.domain.archive import MessageFilter
from plugin.domain.errors import InvalidInput, UnknownReport
from plugin.domain.listing import MAX_PAGE, Page
from plugin.domain.people import Role
from plugin.kit import spreadsheet
from plugin.workflow.trace_exam import Step, table, trace


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    def steps_of(accession_number: str) -> list[Step]:
        allow(desk, "exams")
        needs_role(Role.HEAD, Role.QC_STAFF)
        not_blind(desk, accession_number)
        messages = desk.reading.messages(Page(limit=MAX_PAGE), MessageFilter(number=accession_number)).rows
        own = [each for each in messages if each.accession_number == accession_number]
        versions, jobs = desk.reading.versions(accession_number), desk.reading.jobs_of(accession_number)
        steps = desk.store.read(lambda uow: trace(uow, accession_number, own, versions, jobs))
        if not steps:
            raise UnknownReport("nothing is known under this accession number")
        return steps

    @console.get("/trace")
    def exam_trace() -> str:
        number = request.args.get("accession_number", "").strip()[:64]
        steps = steps_of(number)
        return show("console_trace.html", accession_number=number, steps=steps, words=plain_words(desk))

    @console.get("/trace.<form>")
    def exam_trace_file(form: str) -> Response:
        if form not in spreadsheet.MEDIA_TYPES:
            raise InvalidInput("form", "is csv, xlsx or json")
        number = request.args.get("accession_number", "").strip()[:64]
        sheet = table(number, steps_of(number), desk.zone)
        login = signed_in().account.login
        desk.store.write(
            lambda uow: uow.audit.append(desk.clock(), login, "trace.exported", number, {"form": form})
        )
        name = spreadsheet.file_name("signgate-trace", desk.clock(), form)
        response = Response(spreadsheet.written([sheet], form), content_type=spreadsheet.MEDIA_TYPES[form])
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
