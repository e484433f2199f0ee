"""An issue that sets one place against another says so in Chinese and names both."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from plugin.domain.case import Case
from plugin.domain.exchange import case_from_json
from plugin.domain.issue import Issue, Section, Span
from plugin.rules.rulebook import Rulebook
from tests.conftest import ROOT

BOOK = Rulebook.load(ROOT / "config")

CROSSING = (
    "laterality", "contradiction", "resected_organ", "sex_organ", "identity_mismatch",
    "body_part_mismatch", "modality_mismatch", "unit_inconsistent",
)  # fmt: skip
"""Rules that hold one section against another, the header or the requisition."""

ONE_SENTENCE = re.compile("前后矛盾|解剖上不存在")
"""What contradicts itself, or all anatomy, has one place."""


def hits(rule: str) -> list[dict[str, Any]]:
    raw = tomllib.loads((ROOT / "tests" / "cases" / f"{rule}.toml").read_text("utf-8"))
    return [{**raw.get("base", {}), **case} for case in raw["hit"]]


def found(rule: str) -> list[tuple[Case, Issue]]:
    cases = [case_from_json(data) for data in hits(rule)]
    return [(case, issue) for case in cases for issue in BOOK.inspect(case).issues if issue.rule == rule]


def text_at(case: Case, place: Issue | Span) -> str | None:
    """What stands at a place; ``None`` for the header and the requisition, which have no characters."""
    report = case.report
    sections = {
        Section.FINDINGS: report.findings,
        Section.IMPRESSION: report.impression,
        Section.TECHNIQUE: report.exam.technique,
    }
    return sections[place.section][place.start : place.end] if place.section in sections else None


@pytest.mark.parametrize("rule", CROSSING)
def test_both_places_are_named_and_told_apart(rule: str) -> None:
    issues = found(rule)
    assert len(issues) >= 10
    for case, issue in issues:
        assert re.search("[一-鿿]", issue.message)
        if ONE_SENTENCE.search(issue.message):
            continue
        assert issue.related, issue.message
        for place in (issue, *issue.related):
            assert place.text
            assert text_at(case, place) in (None, place.text)
        if rule == "unit_inconsistent":
            continue  # 12mm×1.0cm is both places
        here = (issue.section, issue.start, issue.end, issue.text)
        assert here not in {(o.section, o.start, o.end, o.text) for o in issue.related}


@pytest.mark.parametrize("rule", ["laterality", "contradiction", "resected_organ", "unit_inconsistent"])
def test_the_explanation_quotes_what_contradicts_what(rule: str) -> None:
    for _, issue in found(rule):
        assert issue.text in issue.message or issue.section is Section.RECORD
        quoted = [
            other.text for other in issue.related if other.section not in (Section.RECORD, Section.ORDER)
        ]
        assert not quoted or any(text in issue.message for text in quoted) or "该部位" in issue.message
