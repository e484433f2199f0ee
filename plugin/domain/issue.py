"""A quality defect found in a report (质控问题); never called a finding."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a defect matters (shared wording: error = a person must look)."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Section(StrEnum):
    """Where in the report a defect stands; RECORD is the header and its people."""

    FINDINGS = "findings"
    IMPRESSION = "impression"
    TECHNIQUE = "technique"
    ORDER = "order"
    RECORD = "record"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A piece of text: characters ``start`` to ``end`` (exclusive) of a section as given."""

    section: Section
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One defect, its place, and the clause of the standard that it breaks.

    Parameters
    ----------
    rule
        Rule ID, for instance ``laterality``.
    section, start, end, text
        The place; offsets count characters of that section as given.
    message
        In Chinese: what contradicts what, and what to do.
    clause
        The standard's section, for instance ``T/CSBME 4.2.5 b``.
    related
        The other places that take part (both sides of a contradiction).
    analyser, analyser_version
        The outside analyser that raised it (then `rule` begins with its name and a colon);
        empty for a rule of our own.
    """

    rule: str
    severity: Severity
    section: Section
    start: int
    end: int
    text: str
    message: str
    clause: str
    related: tuple[Span, ...] = ()
    analyser: str = ""
    analyser_version: str = ""

    @property
    def about(self) -> str:
        """What tells it from others of its rule at its place: its message, where it names no words."""
        return about(self.start, self.end, self.message)


def about(start: int, end: int, message: str) -> str:
    """The same of an issue that came back as JSON: empty where it names words, which tell it by their place."""
    return "" if end > start else " ".join(message.split())
