"""``POST /hooks/issues/feedback``: the RIS hands on what its user said of an issue, in a signed call.

The person is kept as popup and console keep him, without the caller's name: whoever judges an
issue here and there has judged it once (ADR 76).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response

from plugin.domain.errors import InvalidInput
from plugin.domain.feedback import RuleStanding, Verdict
from plugin.domain.issue import about
from plugin.hooks.asking import answered, json_body
from plugin.hooks.calls import SignedCalls, Work
from plugin.hooks.payload import text_of, within
from plugin.workflow.judge_issue import JudgeIssue, Place
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackDesk:
    """What the hook needs."""

    calls: SignedCalls
    judge: JudgeIssue


def blueprint(desk: FeedbackDesk) -> Blueprint:
    """The route under ``/hooks/issues``."""
    feedback = Blueprint("feedback", __name__, url_prefix="/hooks/issues")

    @feedback.post("/feedback")
    def issue_feedback() -> Response:
        """Body: ``accession_number``, ``issue`` as it was answered, ``verdict``, ``who``, ``reason``."""

        def prepare(_caller: str) -> Work:
            data = json_body()
            number, who = text_of(data, "accession_number", limit=64), text_of(data, "who", limit=64)
            verdict = _verdict(text_of(data, "verdict", limit=20))
            reason = text_of(data, "reason", needed=False, limit=200)
            where = _place(data.get("issue"))

            def work(uow: UnitOfWork) -> dict[str, Any]:
                issue = desk.judge.find(uow, number, where)
                return _answer(desk.judge(uow, number, issue, verdict, who, reason))

            return work

        return answered(desk.calls, prepare)

    return feedback


def _verdict(said: str) -> Verdict:
    if said not in set(Verdict):
        raise InvalidInput("/verdict", f"is {' or '.join(Verdict)}")
    return Verdict(said)


def _place(issue: object) -> Place:
    if not isinstance(issue, Mapping):
        raise InvalidInput("/issue", "is missing: send the issue as it was answered")
    start, end = issue.get("start"), issue.get("end")
    if type(start) is not int or type(end) is not int:
        raise InvalidInput("/issue/start", "start and end are whole numbers, as they were answered")
    with within("/issue"):
        return (
            text_of(issue, "rule", limit=60),
            text_of(issue, "section", limit=20),
            start,
            end,
            about(start, end, text_of(issue, "message", needed=False)),
        )


def _answer(standing: RuleStanding) -> dict[str, Any]:
    return {
        "rule": standing.rule,
        "accepted": standing.accepted,
        "dismissed": standing.dismissed,
        "silent": standing.silent,
    }
