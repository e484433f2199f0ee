"""Cohen's kappa between rules and people, line by line."""

from __future__ import annotations

import pytest

from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.scoring import Criterion, FormAnswers, FormKind, ScoringForm
from plugin.rules.machine_agreement import LineAgreement, line_agreement

LINE = Criterion(id="C1", text="错别字", text_en="typos", rules=("typo",))
SILENT = Criterion(id="C2", text="其他", text_en="other")
FORM = ScoringForm(
    form_id="report",
    version="1",
    title="报告",
    title_en="report",
    object="RPT",
    kind=FormKind.GRADED,
    clause="附录A",
    conditions=(LINE, SILENT),
    score_by_met=(1, 3, 5),
)
FOUND = Issue(
    rule="typo",
    severity=Severity.WARNING,
    section=Section.FINDINGS,
    start=0,
    end=1,
    text="x",
    message="m",
    clause="c",
)


def rated(machine: bool, person: bool) -> tuple[ScoringForm, FormAnswers, tuple[Issue, ...]]:
    answers = FormAnswers(unmet=frozenset({"C1"}) if person else frozenset())
    return FORM, answers, (FOUND,) if machine else ()


def test_kappa_of_the_textbook() -> None:
    # 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no: observed 0.7, by chance 0.5, kappa 0.4.
    both = [rated(machine=True, person=True)] * 20 + [rated(machine=True, person=False)] * 5
    rest = [rated(machine=False, person=True)] * 10 + [rated(machine=False, person=False)] * 15
    (line,) = line_agreement(both + rest)
    assert (line.both, line.machine_only, line.person_only, line.neither) == (20, 5, 10, 15)
    assert line.kappa == pytest.approx(0.4)


@pytest.mark.parametrize("machine", [True, False])
def test_no_kappa_where_the_rules_or_the_people_always_say_the_same(machine: bool) -> None:
    (line,) = line_agreement([rated(machine, person=True)] * 2 + [rated(machine, person=False)] * 9)
    assert line.kappa is None
    (line,) = line_agreement([rated(True, person=machine)] * 2 + [rated(False, person=machine)] * 9)
    assert line.kappa is None


def test_no_kappa_where_everybody_always_says_the_same() -> None:
    (line,) = line_agreement([rated(machine=False, person=False)] * 9)
    assert line.kappa is None
    assert LineAgreement(form_id="f", criterion_id="c", text="t", text_en="t").kappa is None


def test_lines_that_no_rule_speaks_for_are_left_out() -> None:
    assert [line.criterion_id for line in line_agreement([rated(machine=True, person=True)])] == ["C1"]
