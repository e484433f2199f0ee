"""A section of a report, cut where evidence begins and ends, for whoever shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from plugin.domain.issue import Issue, Section, Span


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text and the issues (numbers from 1) that it is evidence of."""

    text: str
    issues: tuple[int, ...] = ()


def pieces(text: str, section: Section, issues: Sequence[Issue]) -> list[Piece]:
    """The whole of `text`, in order; places that do not lie in it are passed over."""
    spans = [
        (place.start, place.end, number)
        for number, issue in enumerate(issues, 1)
        for place in _places(issue)
        if place.section is section and 0 <= place.start < place.end <= len(text)
    ]
    return _cut(text, spans)


def quoted(text: str, issues: Sequence[Issue]) -> list[Piece]:
    """A field of the requisition, likewise: its places are known by their words alone.

    An issue quotes words of one field, or all fields run together.
    """
    spans = []
    for number, issue in enumerate(issues, 1):
        for place in _places(issue):
            words = place.text.strip()
            if place.section is not Section.ORDER or not words or not text.strip():
                continue
            if (start := text.find(words)) >= 0:
                spans.append((start, start + len(words), number))
            elif text.strip() in words:
                spans.append((0, len(text), number))
    return _cut(text, spans)


def _cut(text: str, spans: Sequence[tuple[int, int, int]]) -> list[Piece]:
    cuts = sorted({0, len(text), *(cut for start, end, _ in spans for cut in (start, end))})
    return [
        Piece(text[a:b], tuple(sorted({n for start, end, n in spans if start <= a and b <= end})))
        for a, b in pairwise(cuts)
    ]


def _places(issue: Issue) -> tuple[Span, ...]:
    here = Span(section=issue.section, start=issue.start, end=issue.end, text=issue.text)
    return (here, *issue.related)
