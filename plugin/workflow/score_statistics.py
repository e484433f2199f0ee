"""The standard's figures (T/CSBME clause 6, figures 2, 3, 4 and 7), counted from filled forms.

Pure functions of rows; where the standard can be read in three ways all three are given
(decisions 20).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugin.domain.listing import ScoredRow
from plugin.domain.scoring import Deduction
from plugin.rules.sampling.proof import Estimate, estimate

POINTS = (5, 4, 3, 2, 1)

UNNAMED = "—"
"""Shown where the sender names nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonScores:
    """A row of figure 2: modality to the number of sheets with 5, 4, 3, 2, 1 points."""

    person: str
    counts: dict[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonQuality:
    """A row of figure 7: 5分 优秀, 4分 良好, 3分 合格, 2分和1分 不合格, in per cent."""

    person: str
    scored: int
    excellent: float
    good: float
    passed: float
    failed: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRates:
    """合格率 three ways, in per cent; ``None`` when nothing was scored.

    Parameters
    ----------
    passing
        3 points and more (附录A note 2 b), 合格 for request forms; the reading that leads.
    exactly_three
        Figure 7's column.
    complete
        5.1 b: wholly as 5.3 asks, that is 5 points and no missing field.
    """

    sampled: int
    passing: float | None
    exactly_three: float | None
    complete: float | None


def scores_by_person(rows: Iterable[ScoredRow]) -> tuple[list[str], list[PersonScores]]:
    """Figure 2: modalities in order, and a row a person with its 合计 at the end."""
    counts: dict[str, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for row in rows:
        if row.sheet.result.score is not None:
            counts[row.sheet.assessed_name or UNNAMED][row.modality or UNNAMED][row.sheet.result.score] += 1
    modalities = sorted({m for by_modality in counts.values() for m in by_modality})
    table = [
        PersonScores(
            person=person, counts={m: tuple(counts[person][m][p] for p in POINTS) for m in modalities}
        )
        for person in sorted(counts)
    ]
    total = {m: tuple(sum(row.counts[m][i] for row in table) for i in range(len(POINTS))) for m in modalities}
    return modalities, [*table, PersonScores(person="合计", counts=total)]


def deductions(rows: Iterable[ScoredRow]) -> list[tuple[ScoredRow, list[Deduction], list[Deduction]]]:
    """Figure 3: sheets that lost points, each with its 不符合项 and its 严重扣分项."""
    return [
        (row, [d for d in lost if not d.severe], [d for d in lost if d.severe])
        for row in rows
        if (lost := row.sheet.result.deductions)
    ]


def deduction_counts(rows: Iterable[ScoredRow]) -> list[tuple[bool, str, int]]:
    """Figure 4: (severe, wording, how often), severe ones first, then the most frequent."""
    found = Counter((d.severe, d.text) for row in rows for d in row.sheet.result.deductions)
    return sorted(
        ((severe, text, number) for (severe, text), number in found.items()),
        key=lambda line: (not line[0], -line[2], line[1]),
    )


def quality_by_person(rows: Iterable[ScoredRow]) -> list[PersonQuality]:
    """Figure 7, persons with the most sheets last, as printed there."""
    scores: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        if row.sheet.result.score is not None:
            scores[row.sheet.assessed_name or UNNAMED].append(row.sheet.result.score)
    table = [
        PersonQuality(
            person=person,
            scored=len(got),
            excellent=_percent(got.count(5), len(got)),
            good=_percent(got.count(4), len(got)),
            passed=_percent(got.count(3), len(got)),
            failed=_percent(got.count(2) + got.count(1), len(got)),
        )
        for person, got in scores.items()
    ]
    return sorted(table, key=lambda line: (-line.excellent, line.scored, line.person))


def pass_rates(rows: Sequence[ScoredRow]) -> PassRates:
    """合格率 of `rows`, each of the three ways."""
    if not rows:
        return PassRates(sampled=0, passing=None, exactly_three=None, complete=None)
    graded = [row for row in rows if row.sheet.result.score is not None]
    return PassRates(
        sampled=len(rows),
        passing=_percent(sum(row.sheet.result.passed for row in rows), len(rows)),
        exactly_three=_share(graded, sum(row.sheet.result.score == 3 for row in graded)),
        complete=_share(graded, sum(row.sheet.result.score == 5 and not row.missing_field for row in graded)),
    )


def estimated_rate(rows: Iterable[ScoredRow]) -> Estimate | None:
    """合格率 of all examinations of the time, scored or not, from those that were drawn.

    A rule that draws residents' reports ten times as often fills the table with them; weighted by
    the inverse of the probability with which it was drawn, each stands for as many as it was
    drawn from.  ``None`` where nothing was drawn.
    """
    return estimate([(row.sheet.result.passed, row.inclusion) for row in rows if row.inclusion])


def _share(rows: Sequence[ScoredRow], number: int) -> float | None:
    return _percent(number, len(rows)) if rows else None


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1)
