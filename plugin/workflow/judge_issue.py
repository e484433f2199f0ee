"""A person says of an issue that it is right or wrong; the rule's standing goes with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from plugin.domain.errors import InvalidInput, UnknownReport
from plugin.domain.feedback import DepartmentVerdicts, IssueFeedback, RuleStanding, Verdict
from plugin.domain.issue import Issue
from plugin.rules.earning import Earning, interval
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.receive_report import department_of
from plugin.workflow.tell_people import TellPeople

Place = tuple[str, str, int, int, str]
"""Rule, section, start, end, and :attr:`plugin.domain.issue.Issue.about`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeIssue:
    """Keeps verdicts, rolls them up, and silences a rule that has lost its place, which its keepers are told.

    Parameters
    ----------
    site
        Whose counts the verdicts enter.
    """

    around: Surroundings
    tell: TellPeople
    site: str
    earning: Earning = field(default_factory=Earning)

    def __call__(
        self,
        uow: UnitOfWork,
        accession_number: str,
        issue: Issue,
        verdict: Verdict,
        who: str,
        reason: str = "",
    ) -> RuleStanding:
        """Keep a verdict on an issue of the report that stands; a later one of the same person replaces it.

        Returns
        -------
        RuleStanding
            Of the rule, after this verdict.

        Raises
        ------
        UnknownReport
            When there is no report under this number.
        """
        report = uow.reports.latest(accession_number)
        if report is None:
            raise UnknownReport(f"no report of {accession_number}")
        feedback = IssueFeedback(
            accession_number=accession_number,
            text_digest=report.text_digest,
            rule=issue.rule,
            section=issue.section,
            start=issue.start,
            end=issue.end,
            who=who,
            site=self.site,
            verdict=verdict,
            at=self.around.clock(),
            reason=reason,
            department=department_of(report, (uow.exams.order(accession_number) or (None,))[0]),
            about=issue.about,
        )
        before = next(
            (f for f in uow.feedback.for_text(accession_number, report.text_digest) if _same(f, feedback)),
            None,
        )
        uow.feedback.keep(feedback)
        standing = uow.feedback.standing(issue.rule, self.site)
        if before is not None and _counts(before, standing):
            standing = _counted(standing, before, -1)
        standing = _counted(standing, feedback, 1)
        if self.earning.falls(standing) and not standing.silent:
            fallen = self._change(
                uow, standing, silent=True, actor="earning", reason="precision under its floor"
            )
            self.tell.rule_silenced(uow, fallen)
            return fallen
        uow.feedback.save_standing(standing)
        return standing

    def find(self, uow: UnitOfWork, accession_number: str, where: Place) -> Issue:
        """The issue of the standing report at this place.

        Raises
        ------
        InvalidInput
            When no such issue stands: the report was corrected, or it never was; or when several
            share the place, and nothing says which of them is meant.
        """
        here = [issue for issue in uow.reports.issues(accession_number) if place(issue)[:4] == where[:4]]
        meant = [issue for issue in here if issue.about == where[4]] or here
        rule, section, start, end, _ = where
        if not meant:
            raise InvalidInput("issue", f"no {rule} stands at {section} {start}-{end} of this report")
        if len(meant) > 1:
            raise InvalidInput("issue", "several stand at this place: send its message as it was answered")
        return meant[0]

    def feedback(
        self, uow: UnitOfWork, accession_number: str, who: str = ""
    ) -> Mapping[Place, IssueFeedback]:
        """What was said of the standing report by place; of `who` alone where named."""
        report = uow.reports.latest(accession_number)
        if report is None:
            return {}
        return {
            place(f): f
            for f in uow.feedback.for_text(accession_number, report.text_digest)
            if not who or f.who == who
        }

    def precisions(self, uow: UnitOfWork) -> list[tuple[RuleStanding, tuple[float, float]]]:
        """Every rule that was judged or changed, with the 95 % interval of its precision."""
        standings = uow.feedback.standings(self.site)
        return [(each, interval(each.accepted, each.judged)) for each in standings]

    def departments(
        self, uow: UnitOfWork, since: datetime
    ) -> Mapping[str, Sequence[tuple[DepartmentVerdicts, tuple[float, float]]]]:
        """Rule to its verdicts since then by department, each with the 95 % interval of the precision."""
        found: dict[str, list[tuple[DepartmentVerdicts, tuple[float, float]]]] = {}
        for each in uow.feedback.by_department(self.site, since):
            found.setdefault(each.rule, []).append((each, interval(each.accepted, each.judged)))
        return found

    def set_silent(self, uow: UnitOfWork, rule: str, silent: bool, actor: str, reason: str) -> RuleStanding:
        """A person silences a rule, or lets it speak again; then its counts begin anew."""
        if not reason.strip():
            raise InvalidInput("reason", "say why, for whoever reads the page next")
        standing = uow.feedback.standing(rule, self.site)
        if not silent:
            standing = replace(standing, accepted=0, dismissed=0)
        return self._change(uow, standing, silent=silent, actor=actor, reason=reason.strip())

    def _change(
        self, uow: UnitOfWork, standing: RuleStanding, *, silent: bool, actor: str, reason: str
    ) -> RuleStanding:
        now = self.around.clock()
        changed = replace(standing, silent=silent, changed_at=now, changed_by=actor, reason=reason)
        uow.feedback.save_standing(changed)
        counts = {"accepted": str(changed.accepted), "dismissed": str(changed.dismissed)}
        action = "rule.silenced" if silent else "rule.restored"
        uow.audit.append(now, actor, action, standing.rule, {"reason": reason, **counts})
        return changed


def place(what: Issue | IssueFeedback) -> Place:
    """What tells an issue from the others of its report."""
    return what.rule, what.section.value, what.start, what.end, what.about


def place_text(issue: Issue) -> str:
    """The same as a button of a page says it."""
    return " ".join(str(part) for part in place(issue)).rstrip()


def read_place(text: str) -> Place:
    """Read what :func:`place_text` wrote.

    Raises
    ------
    InvalidInput
        It did not.
    """
    rule, section, start, end, about = [*text.split(" ", 4), *[""] * 5][:5]
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in (start, end)):
        raise InvalidInput("issue", "is rule, section, start and end")
    return rule, section, int(start), int(end), about


def _same(one: IssueFeedback, other: IssueFeedback) -> bool:
    return one.who == other.who and place(one) == place(other)


def _counts(before: IssueFeedback, standing: RuleStanding) -> bool:
    """Whether a verdict is among the counts, which began anew when a person let the rule speak again."""
    return standing.silent or standing.changed_at is None or before.at >= standing.changed_at


def _counted(standing: RuleStanding, feedback: IssueFeedback, by: int) -> RuleStanding:
    if feedback.verdict is Verdict.ACCEPTED:
        return replace(standing, accepted=max(0, standing.accepted + by))
    return replace(standing, dismissed=max(0, standing.dismissed + by))
