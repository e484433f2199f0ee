"""Verdicts on issues, and the standing of each rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from plugin.domain.feedback import DepartmentVerdicts, IssueFeedback, RuleStanding, Verdict
from plugin.domain.issue import Section
from plugin.store.codec import from_us, from_us_or_none, to_us, to_us_or_none
from plugin.store.link import Link, Prepared, Row, given, upsert
from plugin.store.tables.reports import issue_feedback, rule_standings

f, s = issue_feedback.c, rule_standings.c

_KEEP = Prepared(upsert(issue_feedback))
_FIND = Prepared(
    select(issue_feedback).where(
        f.accession_number == given("of_accession"), f.text_digest == given("of_digest")
    )
)
_SAVE = Prepared(upsert(rule_standings))
_STANDING = Prepared(select(rule_standings).where(s.rule == given("of_rule"), s.site == given("of_site")))
_STANDINGS = Prepared(select(rule_standings).where(s.site == given("of_site")).order_by(s.rule))


_BY_DEPARTMENT = Prepared(
    select(f.rule, f.department, f.verdict, func.count())
    .where(f.site == given("of_site"), f.at >= given("since"))
    .group_by(f.rule, f.department, f.verdict)
    .order_by(f.rule, f.department)
)


class SqlFeedback:
    """Implements ``FeedbackRepository``; a person's later verdict replaces his earlier one."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def keep(self, feedback: IssueFeedback) -> None:
        self._link.run(
            _KEEP,
            {
                "accession_number": feedback.accession_number,
                "text_digest": feedback.text_digest,
                "rule": feedback.rule,
                "section": feedback.section.value,
                "start": feedback.start,
                "end": feedback.end,
                "who": feedback.who,
                "site": feedback.site,
                "verdict": feedback.verdict.value,
                "reason": feedback.reason,
                "at": to_us(feedback.at),
                "department": feedback.department,
                "about": feedback.about,
            },
        )

    def for_text(self, accession_number: str, text_digest: str) -> Sequence[IssueFeedback]:
        found = self._link.rows(_FIND, {"of_accession": accession_number, "of_digest": text_digest})
        return [_feedback(*row) for row in found]

    def standing(self, rule: str, site: str) -> RuleStanding:
        row = self._link.row(_STANDING, {"of_rule": rule, "of_site": site})
        return RuleStanding(rule=rule, site=site) if row is None else _standing(row)

    def standings(self, site: str) -> Sequence[RuleStanding]:
        return [_standing(row) for row in self._link.rows(_STANDINGS, {"of_site": site})]

    def by_department(self, site: str, since: datetime) -> Sequence[DepartmentVerdicts]:
        counts: dict[tuple[str, str], dict[str, int]] = {}
        for rule, department, verdict, number in self._link.rows(
            _BY_DEPARTMENT, {"of_site": site, "since": to_us(since)}
        ):
            counts.setdefault((rule, department), {})[verdict] = number
        return [
            DepartmentVerdicts(
                rule=rule,
                department=department,
                accepted=found.get(Verdict.ACCEPTED.value, 0),
                dismissed=found.get(Verdict.DISMISSED.value, 0),
            )
            for (rule, department), found in counts.items()
        ]

    def save_standing(self, standing: RuleStanding) -> None:
        self._link.run(
            _SAVE,
            {
                "rule": standing.rule,
                "site": standing.site,
                "accepted": standing.accepted,
                "dismissed": standing.dismissed,
                "silent": standing.silent,
                "changed_at": to_us_or_none(standing.changed_at),
                "changed_by": standing.changed_by,
                "reason": standing.reason,
            },
        )


def _feedback(
    accession_number: str,
    text_digest: str,
    rule: str,
    section: str,
    start: int,
    end: int,
    who: str,
    site: str,
    verdict: str,
    reason: str,
    at: int,
    department: str,
    about: str,
) -> IssueFeedback:
    return IssueFeedback(
        accession_number=accession_number,
        text_digest=text_digest,
        rule=rule,
        section=Section(section),
        start=start,
        end=end,
        who=who,
        site=site,
        verdict=Verdict(verdict),
        at=from_us(at),
        reason=reason,
        department=department,
        about=about,
    )


def _standing(row: Row) -> RuleStanding:
    rule, site, accepted, dismissed, silent, changed_at, changed_by, reason = row
    return RuleStanding(
        rule=rule,
        site=site,
        accepted=accepted,
        dismissed=dismissed,
        silent=bool(silent),
        changed_at=from_us_or_none(changed_at),
        changed_by=changed_by,
        reason=reason,
    )
