"""Rules beside people: over the sheets of some time, what each said of each line (Cohen's kappa)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from plugin.domain.issue import Issue
from plugin.domain.scoring import FormAnswers, ScoringForm
from plugin.rules.machine_agreement import LineAgreement, line_agreement
from plugin.workflow.ports.reading import Reading
from plugin.workflow.ports.unit_of_work import Store

__all__ = ["LineAgreement", "rule_agreement"]


def rule_agreement(
    reading: Reading, store: Store, forms: Iterable[ScoringForm], since: datetime, until: datetime
) -> Sequence[LineAgreement]:
    """Lines that rules speak for; the issues are those of the report version that stands."""
    blanks = {form.form_id: form for form in forms}

    def rated() -> Iterator[tuple[ScoringForm, FormAnswers, tuple[Issue, ...]]]:
        for row in reading.scored(since, until):
            sheet = row.sheet
            if sheet.form_id in blanks:
                number = sheet.accession_number
                issues = store.read(lambda uow, number=number: tuple(uow.reports.issues(number)))  # type: ignore[misc]  # a default binds the loop's value
                yield blanks[sheet.form_id], sheet.answers, issues

    return line_agreement(rated())
