"""Examinations: the list, and one examination from order to label."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, abort, g, request

from plugin.console.blind import not_blind
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, signed_in
from plugin.console.pages import show
from plugin.console.peer_learning import feedback_on
from plugin.console.reading import note_look, patient_of
from plugin.domain.attachment import KeptAttachment
from plugin.domain.critical import Alert
from plugin.domain.document import SentDocument
from plugin.domain.errors import UnknownReport
from plugin.domain.gate import Gate, SignAction
from plugin.domain.issue import Section
from plugin.domain.listing import Page, ReportVersion
from plugin.domain.order import ImagingOrder
from plugin.domain.people import Role
from plugin.domain.recognition import Label
from plugin.domain.scoring import ScoreSheet
from plugin.text.evidence import pieces, quoted
from plugin.workflow.alert_addendum import addendum
from plugin.workflow.judge_issue import place, place_text
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamView:
    """One examination with all that happened to it; an alert with the sentence it offers the report."""

    accession_number: str
    order: ImagingOrder | None
    gates: list[Gate]
    sheets: list[ScoreSheet]
    alerts: list[tuple[Alert, str]]
    labels: list[Label]
    documents: list[SentDocument]
    attachments: list[KeptAttachment]


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/exams")
    def exams() -> str:
        allow(desk, "exams")
        text = request.args.get("text", "").strip()[:64]
        page = Page(cursor=request.args.get("cursor", "")[:64])
        return show("console_exams.html", listing=desk.reading.exams(text, page), text=text)

    @console.get("/exams/<path:accession_number>")
    def exam(accession_number: str) -> str:
        allow(desk, "exams")
        not_blind(desk, accession_number)
        view = desk.store.read(lambda uow: _exam(uow, accession_number))
        versions = desk.reading.versions(accession_number)
        if view.order is None and not versions:
            raise UnknownReport("no examination is known under this accession number")
        patient_id = desk.store.read(lambda uow: patient_of(uow, accession_number))
        note_look(desk, "exam.read", accession_number, patient_id)
        return show(
            "console_exam.html",
            exam=view,
            versions=[(version, _texts(version)) for version in versions],
            ordered={
                name: quoted(getattr(view.order, name), versions[0].issues if versions else ())
                for name in ("clinical_diagnosis", "history", "purpose")
                if view.order
            },
            jobs=desk.reading.jobs_of(accession_number),
            may_trace=signed_in().account.role in {Role.HEAD, Role.QC_STAFF},
            has_sr=desk.sr_page is not None,
            rejection=_rejection(desk, view),
            has_image=desk.label_image is not None,
            **_verdicts(desk, accession_number),
            **desk.store.read(lambda uow: feedback_on(desk, uow, accession_number)),
        )

    @console.get("/sheets/<sheet_id>/sr")
    def sr_page(sheet_id: str) -> Response:
        allow(desk, "exams")
        sheet = desk.store.read(lambda uow: uow.sheets.get(sheet_id))
        not_blind(desk, sheet.accession_number if sheet else "")
        page = desk.sr_page(sheet_id) if desk.sr_page else None
        if page is None:
            abort(404, "the SR document is not in the PACS yet")
        number = sheet.accession_number if sheet else ""
        patient_id = desk.store.read(lambda uow: patient_of(uow, number))
        note_look(desk, "sheet.read", sheet_id, patient_id, accession_number=number)
        response = Response(page, content_type="text/html; charset=utf-8")
        # Written by us, but shown as the foreign document it is: no script, a style sheet inside it.
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
        )
        return response

    @console.get("/image/<path:accession_number>")
    def label_image(accession_number: str) -> Response:
        allow(desk, "exams")
        image = desk.label_image(accession_number) if desk.label_image else None
        if image is None:
            abort(404, "no image with a label is in the PACS yet")
        return Response(image, content_type="image/png")


def _rejection(desk: ConsoleDesk, view: ExamView) -> str:
    """What the person may ask of the archive: ``reject``, ``restore``, or nothing."""
    if desk.issue is None or signed_in().account.role not in {Role.HEAD, Role.QC_STAFF}:
        return ""
    return desk.issue.offered(view.sheets, view.documents)


def _verdicts(desk: ConsoleDesk, accession_number: str) -> dict[str, object]:
    """The buttons beside each issue, and which of them this person has pressed."""
    account, judge = signed_in().account, desk.judge
    if judge is None or account.role not in {Role.RADIOLOGIST, Role.QC_STAFF, Role.HEAD}:
        return {"may_judge": False}
    who = account.staff_id or account.login
    said = desk.store.read(lambda uow: judge.feedback(uow, accession_number, who))
    return {
        "may_judge": True,
        "place_of": place,
        "place_text": place_text,
        "said": {
            where: f"{each.verdict}.{each.reason}" if each.reason else each.verdict.value
            for where, each in said.items()
        },
        "verdicts": (
            ("accepted", "popup.issue_accepted"),
            ("dismissed", "popup.issue_dismissed"),
            ("dismissed.not_here", "popup.issue_not_here"),
            ("dismissed.style", "popup.issue_style"),
        ),
    }


def _exam(uow: UnitOfWork, accession_number: str) -> ExamView:
    known = uow.exams.order(accession_number)
    gates = [gate for action in SignAction for gate in uow.gates.for_study(accession_number, action)]
    return ExamView(
        accession_number=accession_number,
        order=known[0] if known else None,
        gates=sorted(gates, key=lambda gate: gate.decided_at, reverse=True),
        sheets=list(uow.sheets.for_exam(accession_number)),
        alerts=[(alert, addendum(uow, alert, g.t, g.zone)) for alert in uow.alerts.find(accession_number)],
        labels=list(uow.labels.for_exam(accession_number)),
        documents=list(uow.documents.for_exam(accession_number)),
        attachments=list(uow.attachments.for_exam(accession_number)),
    )


def _texts(version: ReportVersion) -> list[tuple[str, list[object]]]:
    report = version.report
    sections = (
        (Section.TECHNIQUE, "exam.technique", report.exam.technique),
        (Section.FINDINGS, "exam.findings", report.findings),
        (Section.IMPRESSION, "exam.impression", report.impression),
    )
    return [(key, list(pieces(text, section, version.issues))) for section, key, text in sections if text]
