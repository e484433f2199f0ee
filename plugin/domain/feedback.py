"""What people say of the issues that rules find, and how a rule stands by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.domain.issue import Section


class Verdict(StrEnum):
    """The issue is right, or it is not."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueFeedback:
    """One person's verdict on one issue of one text.

    Parameters
    ----------
    text_digest
        Of the text that the issue stands in; a corrected report is another text.
    site
        Whose counts it enters.
    reason
        Of a dismissal, where one was given.
    department
        That the report is for.
    about
        Which of the issues at one place (:attr:`plugin.domain.issue.Issue.about`).
    """

    accession_number: str
    text_digest: str
    rule: str
    section: Section
    start: int
    end: int
    who: str
    site: str
    verdict: Verdict
    at: datetime
    reason: str = ""
    department: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleStanding:
    """How often a rule was found right at a site since its counts began.

    Parameters
    ----------
    silent
        Its issues are not shown; set by its own precision or by a person, undone by a person.
    changed_at, changed_by, reason
        Of the last change of `silent`.
    """

    rule: str
    site: str
    accepted: int = 0
    dismissed: int = 0
    silent: bool = False
    changed_at: datetime | None = None
    changed_by: str = ""
    reason: str = ""

    @property
    def judged(self) -> int:
        return self.accepted + self.dismissed


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentVerdicts:
    """How often a rule was found right in the reports for one department."""

    rule: str
    department: str
    accepted: int
    dismissed: int

    @property
    def judged(self) -> int:
        return self.accepted + self.dismissed
