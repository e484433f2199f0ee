"""The standard's tables from sheets."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from plugin.domain.listing import ScoredRow
from plugin.domain.scoring import Deduction, FormAnswers, ScoreResult, ScoreSheet, ScoringMode
from plugin.workflow.score_statistics import (
    deduction_counts,
    deductions,
    estimated_rate,
    pass_rates,
    quality_by_person,
    scores_by_person,
)


def row(
    person: str, score: int | None, modality: str = "CT", *lost: Deduction, missing_field: bool = False
) -> ScoredRow:
    passed = score is None or score >= 3
    sheet = ScoreSheet(
        sheet_id="s",
        accession_number="A1",
        form_id="image",
        form_version="1",
        mode=ScoringMode.RANDOM,
        scorer_id="D7",
        scorer_name="质控人1",
        scorer_role="senior",
        assessed_id="",
        assessed_name=person,
        scored_at=datetime(2026, 6, 1, tzinfo=UTC),
        answers=FormAnswers(),
        result=ScoreResult(score=score, grade="", passed=passed, deductions=lost),
    )
    return ScoredRow(sheet=sheet, modality=modality, exam_item="胸部正位片", missing_field=missing_field)


UNMET = Deduction(criterion_id="IMG-C2", severe=False, text="检查体位")
SEVERE = Deduction(criterion_id="IMG-F2", severe=True, text="原片有局部不清")


def test_figure_2_counts_points_by_modality_and_person_with_a_total() -> None:
    modalities, table = scores_by_person(
        [row("A2", 5, "DR"), row("A1", 5), row("A1", 4), row("A1", 1), row("A1", None)]
    )
    assert modalities == ["CT", "DR"]
    assert [(line.person, line.counts) for line in table] == [
        ("A1", {"CT": (1, 1, 0, 0, 1), "DR": (0, 0, 0, 0, 0)}),
        ("A2", {"CT": (0, 0, 0, 0, 0), "DR": (1, 0, 0, 0, 0)}),
        ("合计", {"CT": (1, 1, 0, 0, 1), "DR": (1, 0, 0, 0, 0)}),
    ]


def test_figures_3_and_4_part_severe_from_nonconforming() -> None:
    rows = [row("A1", 4, "DR", UNMET), row("A2", 1, "DR", UNMET, SEVERE), row("A3", 5)]
    assert [(r.sheet.assessed_name, len(unmet), len(severe)) for r, unmet, severe in deductions(rows)] == [
        ("A1", 1, 0),
        ("A2", 1, 1),
    ]
    assert deduction_counts(rows) == [(True, "原片有局部不清", 1), (False, "检查体位", 2)]


def test_figure_7_gives_shares_as_printed() -> None:
    rows = [row("A3", 5)] * 18 + [row("A3", 4)] + [row("A1", 5)] * 4
    table = quality_by_person(rows)
    assert [(q.person, q.scored, q.excellent, q.good, q.passed, q.failed) for q in table] == [
        ("A1", 4, 100.0, 0.0, 0.0, 0.0),
        ("A3", 19, 94.7, 5.3, 0.0, 0.0),
    ]


def test_three_readings_of_the_pass_rate() -> None:
    rates = pass_rates([row("A", 5), row("A", 5, missing_field=True), row("A", 3), row("A", 2)])
    assert (rates.sampled, rates.passing, rates.exactly_three, rates.complete) == (4, 75.0, 25.0, 25.0)
    assert pass_rates([]).passing is None


def test_request_forms_pass_or_not_and_have_no_points() -> None:
    rates = pass_rates([row("A", None)])
    assert (rates.passing, rates.exactly_three, rates.complete) == (100.0, None, None)
    assert scores_by_person([row("A", None)]) == ([], [scores_by_person([])[1][0]])


def test_what_is_drawn_often_does_not_stand_for_all() -> None:
    # Of 100 residents' reports half are drawn and half of these fail; of 1,000 others a hundredth, and all pass.
    residents = [replace(row("A1", 5 if number % 2 else 1), inclusion=0.5) for number in range(50)]
    others = [replace(row("A2", 5), inclusion=0.01) for _ in range(10)]
    by_hand = [row("A3", 1)]
    rates = pass_rates([*residents, *others, *by_hand])
    assert rates.passing == round(100 * 35 / 61, 1)
    found = estimated_rate([*residents, *others, *by_hand])
    assert found is not None
    assert found.scored == 60
    assert abs(found.value - (25 * 2 + 1000) / (100 + 1000)) < 1e-9
    assert found.low < found.value < found.high
    assert estimated_rate(by_hand) is None
