"""What issues say of the lines of a form, with the places they say it from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from plugin.domain.issue import Issue, Span
from plugin.domain.scoring import Criterion, ScoringForm


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedLine:
    """A line that issues speak against; a person decides.

    Parameters
    ----------
    fatal
        A defect that fixes the result (严重扣分项); else a condition that is not met.
    """

    form_id: str
    criterion: Criterion
    fatal: bool
    evidence: tuple[Issue, ...]

    def places(self) -> Iterator[tuple[str, Span]]:
        """Rule and place of everything that this suggestion rests on."""
        for issue in self.evidence:
            yield issue.rule, Span(section=issue.section, start=issue.start, end=issue.end, text=issue.text)
            for other in issue.related:
                yield issue.rule, other


def suggested_lines(
    forms: Iterable[ScoringForm], issues: Iterable[Issue], *, ordered: bool = False
) -> tuple[SuggestedLine, ...]:
    """Lines with evidence against them, form by form; of a requisition only when one came (`ordered`)."""
    found = tuple(issues)
    return tuple(
        SuggestedLine(form_id=form.form_id, criterion=line, fatal=fatal, evidence=evidence)
        for form in forms
        if ordered or form.object != "REQ"
        for fatal, lines in ((True, form.fatal), (False, form.conditions))
        for line in lines
        if (evidence := line.suggested_by(found))
    )
