"""Form ↔ page: what is shown, what is read, what is never accepted silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.errors import InvalidInput
from plugin.domain.issue import Issue, Section, Severity
from plugin.qc_popup.form import KEYS, read, views
from plugin.rules.scoring import load_forms

FORMS = load_forms(Path(__file__).parents[3] / "config" / "scoring")
REPORT = [FORMS.get("report")]
LATERALITY = Issue(
    rule="laterality",
    severity=Severity.ERROR,
    section=Section.IMPRESSION,
    start=0,
    end=2,
    text="右肺",
    message="左右不一致",
    clause="T/CSBME 4.2.5 b",
)


def test_nothing_marked_is_all_in_order() -> None:
    filled = read(REPORT, [], {"form_token": ["t"], "seconds": ["4200"], "comment": [""]})
    assert not filled.problems
    assert filled.answers["report"].present == frozenset()
    assert filled.seconds == 4.2


def test_marks_and_reasons_are_read_by_their_kind() -> None:
    filled = read(
        REPORT,
        [],
        {
            "m.RPT-F1": ["1"],
            "r.RPT-F1": [" 漏诊  骨折 "],
            "m.RPT-C2": ["1"],
            "r.RPT-C2": ["缺大小"],
            "comment": ["再看"],
        },
    )
    answers = filled.answers["report"]
    assert (answers.present, answers.unmet) == ({"RPT-F1"}, {"RPT-C2"})
    assert answers.reasons == {"RPT-F1": "漏诊 骨折", "RPT-C2": "缺大小"}
    assert answers.comment == "再看"


def test_a_deduction_needs_its_reason() -> None:
    assert read(REPORT, [], {"m.RPT-C1": ["1"], "r.RPT-C1": ["  "]}).problems == {
        "RPT-C1": "popup.reason_first"
    }


def test_a_reason_without_a_mark_deducts_nothing() -> None:
    answers = read(REPORT, [], {"r.RPT-C1": ["x"]}).answers["report"]
    assert answers.unmet == frozenset()
    assert answers.reasons == {}


def test_a_suggestion_is_neither_accepted_nor_dropped_silently() -> None:
    (view,) = views(REPORT, [LATERALITY])
    line = view.lines[1]
    assert (line.criterion.id, line.suggested, line.marked, line.evidence) == ("RPT-F2", True, None, (1,))
    assert line.reason == "左右不一致"
    assert read(REPORT, [LATERALITY], {}).problems == {"RPT-F2": "popup.decide_first"}


@pytest.mark.parametrize(
    ("issues", "fields"),
    [
        ([], {"s.RPT-F2": ["yes"]}),  # the rule has fallen silent since the page was made
        ([LATERALITY], {"m.RPT-F2": ["1"]}),  # the suggestion came after it, and says the same
    ],
)
def test_what_was_said_of_a_line_stands_on_an_older_page(
    issues: list[Issue], fields: dict[str, list[str]]
) -> None:
    filled = read(REPORT, issues, {**fields, "r.RPT-F2": ["左右不一致"]})
    assert not filled.problems
    assert filled.answers["report"].present == {"RPT-F2"}
    (view,) = views(REPORT, issues, filled)
    assert view.lines[1].marked is True
    assert not read(REPORT, [], {"s.RPT-F2": ["no"]}).answers["report"].present


@pytest.mark.parametrize(("choice", "present"), [("yes", {"RPT-F2"}), ("no", set())])
def test_a_decided_suggestion_counts_as_decided(choice: str, present: set[str]) -> None:
    filled = read(REPORT, [LATERALITY], {"s.RPT-F2": [choice], "r.RPT-F2": ["左右不一致"]})
    assert not filled.problems
    assert filled.answers["report"].present == present


@pytest.mark.parametrize(
    "fields",
    [
        {"score": ["5"]},
        {"role": ["admin"]},
        {"m.IMG-F1": ["1"]},
        {"m.RPT-F1": ["2"]},
        {"m.RPT-F1": ["1", "1"]},
        {"s.RPT-F1": ["1"]},
        {"s.RPT-F1": [""]},
        {"m.RPT-F1": ["1"], "s.RPT-F1": ["no"]},
        {"r.RPT-F1": ["x" * 201]},
        {"comment": ["a\x00b"]},
    ],
)
def test_what_the_form_does_not_have_is_refused(fields: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidInput):
        read(REPORT, [], fields)


@pytest.mark.parametrize("seconds", ["", "-1", "1e9", "NaN", "٣", "9" * 9])
def test_a_time_that_cannot_be_is_not_known(seconds: str) -> None:
    assert read(REPORT, [], {"seconds": [seconds]}).seconds is None


def test_every_line_of_all_forms_has_a_key_of_its_own() -> None:
    lines = [
        line
        for view in views([FORMS.get(f) for f in ("request_form", "image", "film", "reconstruction")], [])
        for line in view.lines
    ]
    keys = [line.key for line in lines]
    assert len(set(keys)) == len(keys) == 27
    assert not set(KEYS) & set("ynl")
