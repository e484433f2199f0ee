"""How the rules do: verdicts, precision, silence; and how far rules and people agree."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, abort, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import allow, form_text, needs_role, signed_in
from plugin.console.pages import plain_words, show
from plugin.domain.errors import InvalidInput
from plugin.domain.feedback import DepartmentVerdicts, RuleStanding, Verdict
from plugin.domain.people import Role
from plugin.workflow.judge_issue import JudgeIssue, read_place
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.rule_agreement import LineAgreement, rule_agreement

WINDOW = timedelta(days=90)
A_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    """A rule on the page; precision and its bounds in per cent, its floor a share."""

    standing: RuleStanding
    precision: float | None
    low: float
    high: float
    floor: float | None
    departments: tuple[DepartmentRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentRow:
    """The same in the reports for one department."""

    verdicts: DepartmentVerdicts
    low: float
    high: float


def routes(console: Blueprint, desk: ConsoleDesk) -> None:
    """Add the pages of this file."""

    @console.get("/rules")
    def rules() -> str:
        allow(desk, "rules")
        judge = _judge(desk)
        return show(
            "console_rules.html",
            rows=_rows(desk, judge),
            min_judged=judge.earning.min_judged,
            agreement=_agreement(desk),
            analysers=desk.analysers(),
            now=desk.clock(),
            words=plain_words(desk),
        )

    @console.post("/rules")
    def rules_post() -> BaseResponse:
        allow(desk, "rules")
        judge, login = _judge(desk), signed_in().account.login
        rule, to, reason = form_text("rule", limit=60), form_text("to", limit=10), form_text("reason")
        if to not in {"silent", "speak"}:
            raise InvalidInput("to", "is silent or speak")
        desk.store.write(lambda uow: judge.set_silent(uow, rule, to == "silent", login, reason))
        return redirect(url_for("console.rules"), 303)

    @console.post("/verdict/<path:accession_number>")
    def issue_verdict(accession_number: str) -> BaseResponse:
        allow(desk, "exams")
        needs_role(Role.RADIOLOGIST, Role.QC_STAFF, Role.HEAD)
        judge, account = _judge(desk), signed_in().account
        where = read_place(form_text("issue", limit=1000))
        verdict, _, reason = form_text("verdict", limit=40).partition(".")
        if verdict not in set(Verdict):
            raise InvalidInput("verdict", f"is {' or '.join(Verdict)}")

        def keep(uow: UnitOfWork) -> RuleStanding:
            issue = judge.find(uow, accession_number, where)
            return judge(
                uow, accession_number, issue, Verdict(verdict), account.staff_id or account.login, reason
            )

        desk.store.write(keep)
        return redirect(url_for("console.exam", accession_number=accession_number), 303)


def _judge(desk: ConsoleDesk) -> JudgeIssue:
    if desk.judge is None:
        abort(404)
    return desk.judge


def _rows(desk: ConsoleDesk, judge: JudgeIssue) -> list[RuleRow]:
    """Silent rules first, for these somebody should look at."""
    earning = judge.earning
    since = desk.clock() - A_YEAR
    found, departments = desk.store.read(lambda uow: (judge.precisions(uow), judge.departments(uow, since)))
    return [
        RuleRow(
            standing=each,
            precision=100 * each.accepted / each.judged if each.judged else None,
            low=100 * low,
            high=100 * high,
            floor=earning.floor_of(each.rule),
            departments=tuple(
                DepartmentRow(verdicts=verdicts, low=100 * least, high=100 * most)
                for verdicts, (least, most) in departments.get(each.rule, ())
            ),
        )
        for each, (low, high) in sorted(found, key=lambda judged: not judged[0].silent)
    ]


def _agreement(desk: ConsoleDesk) -> Sequence[LineAgreement]:
    now = desk.clock()
    return rule_agreement(desk.reading, desk.store, desk.forms, now - WINDOW, now)
