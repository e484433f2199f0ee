"""What people said of the issues that were shown to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.feedback import DepartmentVerdicts, IssueFeedback, RuleStanding


class FeedbackRepository(Protocol):
    """Verdicts on issues, and how each rule stands by them."""

    def keep(self, feedback: IssueFeedback) -> None:
        """A person's later verdict on the same issue replaces his earlier one."""
        ...

    def for_text(self, accession_number: str, text_digest: str) -> Sequence[IssueFeedback]: ...

    def standing(self, rule: str, site: str) -> RuleStanding: ...

    def standings(self, site: str) -> Sequence[RuleStanding]:
        """Of every rule that was judged or changed, by rule."""
        ...

    def by_department(self, site: str, since: datetime) -> Sequence[DepartmentVerdicts]:
        """Verdicts given since then, by rule and department."""
        ...

    def save_standing(self, standing: RuleStanding) -> None: ...
