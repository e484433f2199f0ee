"""Structured reports of any study, from any archive of the site or from a file; images that are rejected."""

from __future__ import annotations

import re

from flask import Blueprint, Response, abort, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.blind import closed_to_me, not_blind
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in
from plugin.console.pages import show
from plugin.console.reading import note_look
from plugin.domain.errors import InvalidInput, PluginError
from plugin.domain.people import Role
from plugin.workflow.ports.document_reading import DocumentReading
from plugin.workflow.ports.unit_of_work import UnitOfWork

SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A foreign document's page: no script, no network, a style sheet inside it."""


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    def asked_archive() -> DocumentReading:
        allow(desk, "sr")
        return desk.documents or abort(404, "no archive can be asked here")

    @console.get("/sr")
    def sr() -> str:
        allow(desk, "sr")
        reading = desk.documents
        sources = reading.sources if reading else ()
        source = request.args.get("source", "")[:64] or next(iter(sources), "")
        number = request.args.get("accession_number", "").strip()[:64]
        uid = request.args.get("study_instance_uid", "").strip()[:64]
        not_blind(desk, number)
        asked, problem, studies = bool(number or uid), "", []
        if reading and asked:
            try:
                studies = list(reading.studies(source, accession_number=number, study_instance_uid=uid))
            except PluginError as error:
                problem = str(error)
        return show(
            "console_sr.html",
            sources=sources,
            source=source,
            accession_number=number,
            study_instance_uid=uid,
            studies=studies,
            asked=asked,
            problem=problem,
            printed=printed,
        )

    @console.get("/sr/<source>/<study_instance_uid>")
    def sr_study(source: str, study_instance_uid: str) -> Response:
        archive = asked_archive()
        _not_blind_study(desk, study_instance_uid)
        study = archive.page(source, study_instance_uid)
        if study is None:
            abort(404, "this study has no structured report there")
        for patient_id in study.patient_ids or ("",):
            note_look(desk, "document.read", study_instance_uid, patient_id, source=source)
        return _foreign(study.html)

    @console.post("/sr/upload")
    def sr_upload() -> Response:
        reading = asked_archive()
        file = request.files.get("file")
        data = file.read() if file else b""
        if not data:
            raise InvalidInput("file", "choose a DICOM file")
        return _foreign(reading.page_of_file(data))

    @console.post("/exams/<path:accession_number>/images/<act>")
    def images(accession_number: str, act: str) -> BaseResponse:
        needs_role(Role.HEAD, Role.QC_STAFF)
        if desk.issue is None or act not in {"reject", "restore"}:
            abort(404)
        confirmed = form_text("confirmed")
        if confirmed != accession_number:
            raise InvalidInput("confirmed", "repeat the accession number to confirm")
        account = signed_in().account
        journey = desk.issue.reject if act == "reject" else desk.issue.restore
        desk.store.write(lambda uow: journey(uow, accession_number, account.login, account.name))
        return redirect(url_for("console.exam", accession_number=accession_number), 303)


def _not_blind_study(desk: ConsoleDesk, study_instance_uid: str) -> None:
    """As :func:`not_blind`, for who asks by the study's UID."""
    closed = closed_to_me(desk)

    def number_of(uow: UnitOfWork) -> str:
        for number in closed:
            report, known = uow.reports.latest(number), uow.exams.order(number)
            uids = {report.exam.study_instance_uid} if report else set()
            if study_instance_uid in uids | ({known[0].study_instance_uid} if known else set()):
                return number
        return ""

    not_blind(desk, desk.store.read(number_of) if closed else "")


def _foreign(page: str) -> Response:
    response = Response(page, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def printed(at: str) -> str:
    """DICOM's ``YYYYMMDD HHMMSS`` as a person writes it; anything else as it came."""
    found = re.match(r"(\d{4})(\d\d)(\d\d)(?: (\d\d)(\d\d)(\d\d)?)?", at)
    if not found:
        return at
    year, month, day, hour, minute, second = found.groups()
    clock = f" {hour}:{minute}" + (f":{second}" if second else "") if hour else ""
    return f"{year}-{month}-{day}{clock}"
