"""The reasons that a department writes most often, line by line of a form."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

from plugin.domain.scoring import ScoringForm
from plugin.workflow.ports.unit_of_work import UnitOfWork


def frequent_reasons(
    uow: UnitOfWork, forms: Iterable[ScoringForm], at_most: int = 5
) -> Mapping[str, tuple[str, ...]]:
    """Criterion ID to reasons, the most frequent first; what was written once only is not frequent."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for form in forms:
        for criterion_id, reason in uow.sheets.deduction_reasons(form.form_id):
            counts[criterion_id][reason] += 1
    return {
        criterion_id: tuple(reason for reason, times in counter.most_common(at_most) if times > 1)
        for criterion_id, counter in counts.items()
    }
