"""What was said of my work, my objection to it, and corrections (整改) to their end."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in
from plugin.console.pages import show
from plugin.domain.errors import InvalidInput
from plugin.domain.people import Account, Role
from plugin.domain.review import Correction, CorrectionState, Objection
from plugin.domain.scoring import ScoreSheet
from plugin.workflow.correct import is_about
from plugin.workflow.ports.unit_of_work import UnitOfWork

OVERSEERS = (Role.HEAD, Role.QC_STAFF)


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/corrections")
    def corrections() -> str:
        allow(desk, "corrections")
        account = signed_in().account
        overseer, names = account.role in OVERSEERS, names_of(account)

        def read(uow: UnitOfWork) -> tuple[list[_Asked], list[_Asked], list[_Feedback]]:
            unseen = desk.modes.blind.closed(uow, desk.modes.person(uow, account))
            waiting = uow.reviews.corrections(CorrectionState.OPEN, CorrectionState.ANSWERED)
            sheets = uow.reviews.sheets_about(account.staff_id, account.name)
            return (
                [(each, uow.sheets.get(each.sheet_id)) for each in waiting if is_about(each, names)],
                [
                    (each, uow.sheets.get(each.sheet_id))
                    for each in waiting
                    if overseer and not is_about(each, names) and each.accession_number not in unseen
                ],
                [_feedback(uow, sheet) for sheet in sheets],
            )

        mine, others, feedback = desk.store.read(read)
        return show(
            "console_corrections.html",
            mine=mine,
            others=others,
            feedback=feedback,
            overseer=overseer,
            now=desk.clock(),
        )

    @console.post("/corrections")
    def corrections_post() -> BaseResponse:
        allow(desk, "corrections")
        account, do = signed_in().account, form_text("do", limit=20)
        names, note = names_of(account), form_text("note")
        if do == "object":
            sheet_id = form_text("sheet_id", limit=64)
            desk.store.write(
                lambda uow: desk.modes.twice.object_to(uow, sheet_id, names, account.login, note)
            )
            return redirect(url_for("console.corrections"), 303)
        steps = desk.modes.corrections
        known = {"answer": steps.answer, "close": steps.close, "send_back": steps.send_back}
        if do not in known:
            raise InvalidInput("do", "is one of object, answer, close, send_back")
        if do != "answer":
            needs_role(*OVERSEERS)
        number = form_text("correction_id", limit=64)
        desk.store.write(lambda uow: known[do](uow, number, account.login, names, note))
        return redirect(url_for("console.corrections"), 303)


_Asked = tuple[Correction, ScoreSheet | None]
"""A correction, and the sheet whose deductions it answers."""

_Feedback = tuple[ScoreSheet, str, Objection | None, bool]
"""A sheet, who scored it (empty when he read blind), the objection to it, and whether it still stands."""


def _feedback(uow: UnitOfWork, sheet: ScoreSheet) -> _Feedback:
    reading = uow.reviews.by_gate(sheet.gate_id)
    scorer = "" if reading is not None and reading.blind else sheet.scorer_name or sheet.scorer_id
    replaced = {each.amends for each in uow.sheets.for_exam(sheet.accession_number)}
    return sheet, scorer, uow.reviews.objection(sheet.sheet_id), sheet.sheet_id not in replaced


def names_of(account: Account) -> frozenset[str]:
    """Identifier and name by which a sheet may be about this person."""
    return frozenset({account.staff_id, account.name} - {""})
