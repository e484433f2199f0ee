"""Precision and its interval, the floor, and the budget of a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.domain.feedback import RuleStanding
from plugin.domain.issue import Issue, Section, Severity, Span
from plugin.rules.earning import Earning, interval, load_earning

ROOT = Path(__file__).parents[3]


def issue(rule: str, severity: Severity = Severity.WARNING, start: int = 0) -> Issue:
    return Issue(
        rule=rule,
        severity=severity,
        section=Section.FINDINGS,
        start=start,
        end=start + 1,
        text="x",
        message="m",
        clause="c",
    )


def standing(rule: str, accepted: int, dismissed: int, *, silent: bool = False) -> RuleStanding:
    return RuleStanding(rule=rule, site="H1", accepted=accepted, dismissed=dismissed, silent=silent)


@pytest.mark.parametrize(
    ("right", "judged", "low", "high"),
    # Newcombe 1998, table I, method 3 (Wilson without continuity correction).
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_wilsons(right: int, judged: int, low: float, high: float) -> None:
    assert interval(right, judged) == pytest.approx((low, high), abs=5e-5)


def test_nothing_is_known_of_a_rule_that_nobody_judged() -> None:
    assert interval(0, 0) == (0.0, 1.0)


def test_a_rule_falls_when_its_lower_bound_is_under_its_floor() -> None:
    earning = Earning(min_judged=30, floor=0.3, floors={"typo": 0.9}, never_silent=("laterality",))
    assert not earning.falls(standing("vague", 0, 29))  # too few to judge
    assert earning.falls(standing("vague", 10, 20))  # a third, but surely more than 19 % only
    assert not earning.falls(standing("vague", 20, 10))
    assert earning.falls(standing("typo", 28, 2))
    assert not earning.falls(standing("laterality", 0, 500))


def test_a_silent_rule_is_not_heard() -> None:
    issues = (issue("typo"), issue("laterality", Severity.ERROR))
    heard = Earning().heard(issues, {"typo": standing("typo", 0, 0, silent=True)})
    assert [each.rule for each in heard] == ["laterality"]


def test_the_budget_keeps_errors_and_the_most_certain_in_their_order() -> None:
    issues = (
        issue("laterality", Severity.ERROR),
        issue("doubtful"),
        issue("sure"),
        issue("unjudged"),
        issue("remark", Severity.INFO),
        issue("sex_organ", Severity.ERROR, 9),
    )
    known = {"doubtful": standing("doubtful", 2, 18), "sure": standing("sure", 95, 5)}
    heard = Earning(budget=2).heard(issues, known)
    assert [each.rule for each in heard] == ["laterality", "sure", "unjudged", "sex_organ"]
    assert Earning(budget=0).heard(issues, known) == issues


def test_the_lesser_of_two_that_quote_the_same_words_is_not_shown() -> None:
    earning = load_earning(ROOT / "config")
    bare = issue("conclusion_without_finding", Severity.INFO)
    denied = replace(issue("contradiction", Severity.ERROR, 40), related=(span_of(bare),))
    aside = issue("conclusion_without_finding", Severity.INFO, 7)
    assert earning.heard((denied, bare, aside), {}) == (denied, aside)
    silent = {"contradiction": standing("contradiction", 0, 0, silent=True)}
    assert earning.heard((denied, bare), silent) == (bare,)
    grave = replace(bare, severity=Severity.ERROR)
    assert earning.heard((denied, grave), {}) == (denied, grave)
    assert Earning().heard((denied, bare), {}) == (denied, bare)


def span_of(issue: Issue) -> Span:
    return Span(section=issue.section, start=issue.start, end=issue.end, text=issue.text)


def test_the_file_is_read_strictly(tmp_path: Path) -> None:
    assert load_earning(ROOT / "config").min_judged == 30
    assert load_earning(tmp_path) == Earning()
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "earning.toml").write_text("floor = 1.5\n", "utf-8")
    with pytest.raises(ConfigError, match="floor"):
        load_earning(tmp_path)
