"""The standard's tables for a month, on one page (T/CSBME clause 6)."""

from __future__ import annotations

from flask import Blueprint, request

from plugin.console.blind import closed_to_me
from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, needs_role, signed_in
from plugin.console.pages import show
from plugin.domain.listing import ScoredRow
from plugin.domain.month import month_bounds
from plugin.domain.people import Role
from plugin.workflow import score_statistics as scored


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the page of this file."""

    @console.get("/statistics")
    def statistics() -> str:
        allow(desk, "statistics")
        zone = desk.zone
        month = request.args.get("month") or desk.clock().astimezone(zone).strftime("%Y-%m")
        since, until = month_bounds(month, zone)
        unseen = closed_to_me(desk)
        rows = [
            row
            for row in desk.reading.scored(since, until)
            if _may_see(row) and row.sheet.accession_number not in unseen
        ]
        by_form = {
            form: [r for r in rows if r.sheet.form_id == form]
            for form in sorted({r.sheet.form_id for r in rows})
        }
        asked = request.args.get("form", "")
        chosen = by_form.get(asked, rows)
        modalities, scores = scored.scores_by_person(chosen)
        return show(
            "console_statistics.html",
            month=month,
            forms=list(by_form),
            form=asked if asked in by_form else "",
            modalities=modalities,
            scores=scores,
            points=scored.POINTS,
            deductions=scored.deductions(chosen),
            counts=scored.deduction_counts(chosen),
            quality=scored.quality_by_person(chosen),
            rates=scored.pass_rates(chosen),
            estimate=scored.estimated_rate(chosen),
            structured=desk.reading.structured(since, until),
        )

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


def _may_see(row: ScoredRow) -> bool:
    """Heads and QC staff see everybody; others what is about, or by, themselves."""
    account = signed_in().account
    if account.role in {Role.HEAD, Role.QC_STAFF}:
        return True
    mine = {account.staff_id, account.name} - {""}
    return bool(mine & {row.sheet.assessed_id, row.sheet.assessed_name, row.sheet.scorer_id})
