"""A report as the patterns of critical values ask of it: all its sections, its kind, the patient's age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plugin.domain.issue import Section
from plugin.rules.case_reading import CaseReading
from plugin.rules.critical.catalogue import EntrySettings
from plugin.rules.critical.grammar import Words
from plugin.rules.critical.measures import Around, age_in_days
from plugin.rules.critical.scan import Passage, Scan
from plugin.text.kept import kept
from plugin.text.reader import ReadText

LONGEST_TEXT = 80
"""Characters of a finding that are read back."""


@dataclass
class Report:
    """What patterns ask of the report as a whole."""

    scans: Mapping[Section, Scan]
    modality: str
    age_days: float | None

    @kept
    def body(self) -> str:
        return "\n".join(scan.text.folded for scan in self.scans.values())

    def may_show(self, entry: EntrySettings) -> bool:
        """Whether this kind of examination can show the entry's signs; yes when nothing is known."""
        modality = self.modality
        return (
            not entry.modalities or not modality or modality in entry.modalities or modality in {"PT", "NM"}
        )

    def holds(self, groups: Iterable[Words]) -> bool:
        return all(any(scan.holds(group) for scan in self.scans.values()) for group in groups)

    def around(self, passage: Passage, at: int) -> Around:
        """What a measure may look at for a mention that begins at `at`."""
        folded, end = passage.text.folded, passage.end
        # A value often stands in a sentence of its own: CT值约65HU。
        end = max(end, min(len(folded), end + 24)) if end - at < 60 else end
        return Around(folded[passage.start : end], at - passage.start, self.body, self.age_days)


def age_of(reading: CaseReading) -> float | None:
    newborn = "新生儿" in reading.exam_item.folded or "新生儿" in reading.report.department
    return 0.0 if newborn else age_in_days(reading.report.patient.age)


def whole_clause(text: ReadText, start: int, end: int) -> tuple[int, int]:
    """Lengthen a span to its clauses, so that what is read back makes sense; never beyond 80 characters."""
    first, last = text.clause_at(start), text.clause_at(max(end - 1, start))
    begin = first.start
    for item in text.items:
        if item.marker <= begin < item.start <= start:
            begin = item.start
    begin = max(begin, end - LONGEST_TEXT)
    stop = min(max(last.end, end), begin + LONGEST_TEXT)
    while begin < start and text.text[begin] in " \t\n":
        begin += 1
    return begin, max(stop, end)
