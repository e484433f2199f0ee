"""``/api/v1/…``: reading for programs with a token, a page at a time, and check-reports over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta, tzinfo
from typing import Any, Protocol

from flask import Blueprint, Response, jsonify, request

from plugin.domain.errors import InvalidInput, UnknownReport
from plugin.domain.exchange import issue_to_json
from plugin.domain.gate import GateState, SignAction
from plugin.domain.listing import MAX_PAGE, Listing, Page
from plugin.domain.month import month_bounds
from plugin.hooks.asking import json_body
from plugin.hooks.payload import alert_to_json, gate_to_json, jsonable
from plugin.hooks.service import bearer_name
from plugin.workflow import score_statistics as scored
from plugin.workflow.judge_issue import JudgeIssue
from plugin.workflow.ports.reading import Reading
from plugin.workflow.ports.surroundings import Clock
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork

MOST_REPORTS = 100
"""Of one call of check-reports."""


class Check(Protocol):
    """One object of check-reports in, one out."""

    def __call__(self, data: Mapping[str, Any], *, archive: bool = False) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiDesk:
    """What the API needs; `tokens` maps a name to the SHA-256 of its token."""

    store: Store
    reading: Reading
    tokens: Mapping[str, str]
    check: Check
    judge: JudgeIssue
    clock: Clock
    zone: tzinfo


def blueprint(desk: ApiDesk) -> Blueprint:
    """The routes under ``/api/v1``."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")

    @api.before_request
    def only_with_token() -> None:
        bearer_name(desk.tokens)

    @api.post("/check-reports")
    def check_reports() -> Response:
        """One report, or up to a hundred under ``reports``, answered in their order."""
        data, archive = json_body(), _argument("archive") in {"1", "true"}
        if "reports" not in data:
            return jsonify(desk.check(data, archive=archive))
        reports = data["reports"]
        if not isinstance(reports, list) or not 0 < len(reports) <= MOST_REPORTS:
            raise InvalidInput("/reports", f"is a list of 1 to {MOST_REPORTS} reports")
        return jsonify(reports=[_checked(desk, each, archive) for each in reports])

    @api.get("/exams")
    def exams() -> Response:
        return _listing(desk.reading.exams(_argument("text"), _page()))

    @api.get("/exams/<accession_number>")
    def exam(accession_number: str) -> Response:
        return jsonify(desk.store.read(lambda uow: _exam(uow, accession_number)))

    @api.get("/reports/<accession_number>")
    def reports(accession_number: str) -> Response:
        versions = desk.reading.versions(accession_number)
        if not versions:
            raise UnknownReport("no report is known under this accession number")
        return jsonify(rows=jsonable(versions), next=None)

    @api.get("/issues/<accession_number>")
    def issues(accession_number: str) -> Response:
        found = desk.store.read(lambda uow: list(uow.reports.issues(accession_number)))
        return jsonify(rows=[issue_to_json(issue) for issue in found], next=None)

    @api.get("/alerts")
    def alerts() -> Response:
        listing = desk.reading.alerts(_page(), open_only=_argument("open") in {"1", "true"})
        return _listing(listing, lambda row: {**jsonable(row), "alert": alert_to_json(row.alert)})

    @api.get("/gates")
    def gates() -> Response:
        state = _argument("state")
        if state and state not in set(GateState):
            raise InvalidInput("state", f"{state!r} is not one of {', '.join(GateState)}")
        return _listing(desk.reading.gates(_page(), state=GateState(state) if state else None), gate_to_json)

    @api.get("/sheets")
    def sheets() -> Response:
        return _listing(desk.reading.sheets(_page()))

    @api.get("/statistics")
    def statistics() -> Response:
        """The standard's tables of one month (T/CSBME figures 2, 3, 4, 7), all forms or one."""
        month = _argument("month") or desk.clock().astimezone(desk.zone).strftime("%Y-%m")
        form_id = _argument("form")
        rows = [
            row
            for row in desk.reading.scored(*month_bounds(month, desk.zone))
            if form_id in {"", row.sheet.form_id}
        ]
        _, scores = scored.scores_by_person(rows)
        return jsonify(
            month=month,
            rates=jsonable(scored.pass_rates(rows)),
            scores=jsonable(scores),
            quality=jsonable(scored.quality_by_person(rows)),
            deductions=[
                {"severe": severe, "text": text, "number": number}
                for severe, text, number in scored.deduction_counts(rows)
            ],
        )

    @api.get("/rules")
    def rules() -> Response:
        """How each rule stands at this site, analysers' too, and in the reports for each department."""
        since = desk.clock() - timedelta(days=365)
        found, departments = desk.store.read(
            lambda uow: (desk.judge.precisions(uow), desk.judge.departments(uow, since))
        )
        return jsonify(
            rows=[
                {
                    **jsonable(standing),
                    "precision": _precision(standing.accepted, standing.judged, bounds),
                    "floor": desk.judge.earning.floor_of(standing.rule),
                    "departments": [
                        {
                            "department": each.department,
                            "accepted": each.accepted,
                            "dismissed": each.dismissed,
                            "precision": _precision(each.accepted, each.judged, theirs),
                        }
                        for each, theirs in departments.get(standing.rule, ())
                    ],
                }
                for standing, bounds in found
            ],
            next=None,
        )

    @api.get("/labels")
    def labels() -> Response:
        return _listing(desk.reading.labels(_page()))

    return api


def _precision(right: int, judged: int, bounds: tuple[float, float]) -> dict[str, float | None]:
    """A share with its 95 % interval; the share is ``null`` before anybody has judged."""
    return {"share": right / judged if judged else None, "low": bounds[0], "high": bounds[1]}


def _checked(desk: ApiDesk, report: Any, archive: bool) -> Mapping[str, Any]:
    """One of several: what is wrong with it is its own answer, and spoils no other."""
    try:
        return desk.check(report, archive=archive)
    except InvalidInput as error:
        report_id = report.get("id") if isinstance(report, Mapping) else None
        return {"id": report_id, "error": error.text, "where": error.where}


def _exam(uow: UnitOfWork, accession_number: str) -> dict[str, Any]:
    known, report = uow.exams.order(accession_number), uow.reports.latest(accession_number)
    if known is None and report is None:
        raise UnknownReport("no examination is known under this accession number")
    gates = [gate for action in SignAction for gate in uow.gates.for_study(accession_number, action)]
    return {
        "accession_number": accession_number,
        "order": jsonable(known[0]) if known else None,
        "report": jsonable(report),
        "issues": [issue_to_json(issue) for issue in uow.reports.issues(accession_number)],
        "alerts": [alert_to_json(alert) for alert in uow.alerts.find(accession_number)],
        "gates": [gate_to_json(gate) for gate in gates],
        "sheets": jsonable(uow.sheets.for_exam(accession_number)),
        "labels": jsonable(uow.labels.for_exam(accession_number)),
    }


def _listing(listing: Listing[Any], write: Callable[[Any], Any] = jsonable) -> Response:
    return jsonify(rows=[write(row) for row in listing.rows], next=listing.next_cursor or None)


def _page() -> Page:
    limit = _argument("limit") or "50"
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit) <= MAX_PAGE):
        raise InvalidInput("limit", f"is a number from 1 to {MAX_PAGE}")
    return Page(limit=int(limit), cursor=_argument("cursor"))


def _argument(name: str) -> str:
    values = request.args.getlist(name)
    if len(values) > 1 or any(len(value) > 200 for value in values):
        raise InvalidInput(name, "is given twice or is too long")
    return values[0].strip() if values else ""
