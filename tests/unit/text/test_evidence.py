"""Report text cut where evidence begins and ends: nothing lost, nothing doubled."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.issue import Issue, Section, Severity, Span
from plugin.text.evidence import pieces, quoted

TEXT = "左肺上叶见结节，右肺清晰。"


def issue(start: int, end: int, section: Section = Section.FINDINGS, *related: Span) -> Issue:
    return Issue(
        rule="laterality",
        severity=Severity.ERROR,
        section=section,
        start=start,
        end=end,
        text=TEXT[start:end],
        message="",
        clause="",
        related=related,
    )


def test_overlapping_evidence_bears_both_numbers() -> None:
    found = [issue(0, 4), issue(2, 7)]
    assert [(p.text, p.issues) for p in pieces(TEXT, Section.FINDINGS, found)] == [
        ("左肺", (1,)),
        ("上叶", (1, 2)),
        ("见结节", (2,)),
        ("，右肺清晰。", ()),
    ]


def test_the_other_side_of_a_contradiction_is_marked_too() -> None:
    other = Span(section=Section.FINDINGS, start=8, end=10, text="右肺")
    marked = [
        p.text for p in pieces(TEXT, Section.FINDINGS, [issue(0, 2, Section.IMPRESSION, other)]) if p.issues
    ]
    assert marked == ["右肺"]


@given(st.text(max_size=30), st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40)), max_size=6))
def test_whatever_the_places_the_text_is_whole(text: str, places: list[tuple[int, int]]) -> None:
    found = [issue(start, end) for start, end in places]
    assert "".join(piece.text for piece in pieces(text, Section.FINDINGS, found)) == text


def test_words_of_the_requisition_are_found_in_the_field_that_holds_them() -> None:
    def of_order(text: str) -> Issue:
        return replace(issue(0, 0, Section.ORDER), text=text)

    found = [of_order("胆囊切除"), of_order("头晕3天"), of_order("检查目的"), of_order("")]
    assert [(p.text, p.issues) for p in quoted("3年前胆囊切除。", found)] == [
        ("3年前", ()),
        ("胆囊切除", (1,)),
        ("。", ()),
    ]
    assert [(p.text, p.issues) for p in quoted("头晕", found)] == [("头晕", (2,))]
    assert [(p.text, p.issues) for p in quoted("", found)] == []
