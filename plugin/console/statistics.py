"""The standard's tables for a month, on one page (T/CSBME clause 6)."""

from __future__ import annotations

from flask import Blueprint, Response, request

from plugin.console.blind import closed_to_me
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, needs_role, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput
from plugin.domain.listing import ScoredRow
from plugin.domain.month import month_bounds
from plugin.domain.people import Role
from plugin.kit import spreadsheet
from plugin.workflow import score_statistics as scored
from plugin.workflow.score_tables import SCORED, structured_table


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the page of this file."""

    @console.get("/statistics")
    def statistics() -> str:
        allow(desk, "statistics")
        month, by_form, asked, chosen = _asked(desk)
        modalities, scores = scored.scores_by_person(chosen)
        return show(
            "console_statistics.html",
            month=month,
            forms=list(by_form),
            form=asked,
            modalities=modalities,
            scores=scores,
            points=scored.POINTS,
            deductions=scored.deductions(chosen),
            counts=scored.deduction_counts(chosen),
            quality=scored.quality_by_person(chosen),
            rates=scored.pass_rates(chosen),
            estimate=scored.estimated_rate(chosen),
            structured=desk.reading.structured(*month_bounds(month, desk.zone)),
        )

    @console.get("/statistics/file.<kind>")
    def statistics_file(kind: str) -> Response:
        """The tables of the page, one below the other, or each on a sheet of its own."""
        allow(desk, "statistics")
        if kind not in spreadsheet.MEDIA_TYPES:
            raise InvalidInput("kind", f"is {', '.join(spreadsheet.MEDIA_TYPES)}")
        month, _, asked, chosen = _asked(desk)
        bounds = month_bounds(month, desk.zone)
        tables = [build(chosen) for builds in SCORED.values() for build in builds]
        tables.append(structured_table(desk.reading.structured(*bounds)))
        login, about = signed_in().account.login, {"form": kind, "forms": asked}
        desk.store.write(
            lambda uow: uow.audit.append(desk.clock(), login, "statistics.exported", month, about)
        )
        name = spreadsheet.file_name("signgate-statistics", bounds[0].astimezone(desk.zone), kind)
        response = Response(spreadsheet.written(tables, kind), content_type=spreadsheet.MEDIA_TYPES[kind])
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    @console.get("/statistics/structured")
    def structured() -> str:
        """The reports behind a share of structured reports."""
        allow(desk, "statistics")
        needs_role(Role.HEAD, Role.QC_STAFF)
        month, department, modality = (
            request.args.get(name, "")[:64] for name in ("month", "department", "modality")
        )
        unseen = closed_to_me(desk)
        found = desk.reading.structured_cases(*month_bounds(month, desk.zone), department, modality)
        return show(
            "console_structured.html",
            month=month,
            department=department,
            modality=modality,
            cases=[each for each in found if each.accession_number not in unseen],
        )


def _asked(desk: ConsoleDesk) -> tuple[str, dict[str, list[ScoredRow]], str, list[ScoredRow]]:
    """Month, its sheets by form, the form that is asked for (empty: all), and the sheets of that."""
    month = request.args.get("month") or desk.clock().astimezone(desk.zone).strftime("%Y-%m")
    unseen = closed_to_me(desk)
    rows = [
        row
        for row in desk.reading.scored(*month_bounds(month, desk.zone))
        if _may_see(row) and row.sheet.accession_number not in unseen
    ]
    by_form = {
        form: [r for r in rows if r.sheet.form_id == form] for form in sorted({r.sheet.form_id for r in rows})
    }
    asked = request.args.get("form", "")
    return month, by_form, asked if asked in by_form else "", by_form.get(asked, rows)


def _may_see(row: ScoredRow) -> bool:
    """Heads and QC staff see everybody; others what is about, or by, themselves."""
    account = signed_in().account
    if account.role in {Role.HEAD, Role.QC_STAFF}:
        return True
    mine = {account.staff_id, account.name} - {""}
    return bool(mine & {row.sheet.assessed_id, row.sheet.assessed_name, row.sheet.scorer_id})
