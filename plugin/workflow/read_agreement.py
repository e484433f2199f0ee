"""How far two readers of the same examinations agree (T/CSBME 7.3.1), form by form."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from plugin.domain.review import Assignment, Purpose
from plugin.domain.scoring import ScoreResult
from plugin.rules.agreement import Agreement, cohen_kappa
from plugin.workflow.ports.unit_of_work import UnitOfWork


def read_agreement(uow: UnitOfWork, since: datetime, until: datetime) -> list[tuple[str, Agreement]]:
    """Form ID with Cohen's kappa of the double readings assigned in this time.

    Points from 5 to 1 are weighted by their squared distance; 合格/不合格 is not.
    """
    rounds: dict[str, dict[int, Assignment]] = defaultdict(dict)
    for each in uow.reviews.adjudicated(since, until):
        # An objection's first reading knew the names and was not drawn for agreement.
        if each.purpose is Purpose.DOUBLE and each.done:
            rounds[each.round_id][each.seat] = each
    pairs: dict[str, list[tuple[int, int]]] = defaultdict(list)
    graded: set[str] = set()
    for seats in rounds.values():
        if 1 in seats and 2 in seats:
            for form, result in seats[1].results.items():
                pairs[form].append((_rating(result), _rating(seats[2].results[form])))
                if result.score is not None:
                    graded.add(form)
    found = ((form, cohen_kappa(pairs[form], weighted=form in graded)) for form in sorted(pairs))
    return [(form, agreement) for form, agreement in found if agreement is not None]


def _rating(result: ScoreResult) -> int:
    return int(result.passed) if result.score is None else result.score
