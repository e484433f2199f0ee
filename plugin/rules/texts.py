"""The two texts that a report is judged by, read; and what rules find in them alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from plugin.domain.issue import Section, Span
from plugin.rules.comparison.claims import Claim, claims_of
from plugin.rules.comparison.statements import Statement, statements_of
from plugin.text.kept import kept
from plugin.text.lexicon import Lexicon
from plugin.text.reader import ReadText, read

LONGEST = 4_000
"""Characters of a section that are read; no report is longer, and time stays bounded."""

T = TypeVar("T")


class Texts:
    """Findings and impression of an examination.

    Parameters
    ----------
    findings, impression
        Read.
    modality
        ``CT``, ``MR``, ``DR``, ``US``, ``MG``, ``PT`` or empty.
    lexicon
        The words to read by.
    """

    def __init__(self, findings: ReadText, impression: ReadText, modality: str, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.modality = modality
        self.findings, self.impression = findings, impression
        self._kept: dict[str, tuple[Any, ...]] = {}

    def kept_as(self, name: str, work: Callable[[Texts], Iterable[T]]) -> tuple[T, ...]:
        """What `work` finds in these texts, which hangs on nothing else; found once, and kept as `name`."""
        if name not in self._kept:
            self._kept[name] = tuple(work(self))
        return self._kept[name]

    @kept
    def findings_claims(self) -> tuple[Claim, ...]:
        """Observations of the findings, each with its anatomy."""
        return self.findings.derived(claims_of)

    @kept
    def impression_claims(self) -> tuple[Claim, ...]:
        """Observations of the impression, each with its anatomy."""
        return self.impression.derived(claims_of)

    @kept
    def findings_statements(self) -> tuple[Statement, ...]:
        """Clauses of the findings, each with its places and whether all is well there."""
        return self.findings.derived(statements_of)

    @kept
    def impression_statements(self) -> tuple[Statement, ...]:
        """Clauses of the impression, likewise."""
        return self.impression.derived(statements_of)

    @kept
    def sections(self) -> tuple[tuple[Section, ReadText], ...]:
        """Both, with their names."""
        return (Section.FINDINGS, self.findings), (Section.IMPRESSION, self.impression)

    def read_of(self, section: Section) -> ReadText:
        """Return the reading of `section`; that of any other is empty."""
        if section is Section.FINDINGS:
            return self.findings
        return self.impression if section is Section.IMPRESSION else read("", self.lexicon)

    def span(self, section: Section, start: int, end: int) -> Span:
        """Place of normalised characters, in characters of the section as given."""
        text = self.read_of(section)
        first, last = text.original(text.past_marker(start, end), end)
        return Span(section=section, start=first, end=last, text=text.source[first:last])


def read_texts(findings: str, impression: str, modality: str, lexicon: Lexicon) -> Texts:
    """Read both to :data:`LONGEST`, or return what was read lately of the same, with all that was found in them."""
    findings, impression = findings[:LONGEST], impression[:LONGEST]
    key = f"{modality}\0{findings}\0{impression}"
    known: Texts | None = lexicon.recent_pairs.get(key)
    if known is None:
        known = Texts(read(findings, lexicon), read(impression, lexicon), modality, lexicon)
        lexicon.recent_pairs.put(key, known)
    return known
