"""A case with its texts read: what every validator and the critical detector look at."""

from __future__ import annotations

from functools import lru_cache

from plugin.domain.case import Case, PriorExam
from plugin.domain.issue import Section, Span
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.rules.texts import LONGEST, Texts, read_texts
from plugin.text.kept import kept
from plugin.text.lexicon import Lexicon
from plugin.text.reader import ReadText, read


class CaseReading(Texts):
    """A case and, each read once and when first asked for, its texts.

    Parameters
    ----------
    case
        What was delivered.
    lexicon
        The words to read by.

    ``texts`` are findings and impression without the case, as all cases of the same texts share them.
    """

    def __init__(self, case: Case, lexicon: Lexicon) -> None:
        self.case = case
        self.report: Report = case.report
        self.order: ImagingOrder | None = case.order
        exam, order = case.report.exam, case.order
        modality = modality_of(exam.modality, exam.exam_item) or (
            modality_of(order.modality, order.exam_item) if order else ""
        )
        self.texts: Texts = read_texts(case.report.findings, case.report.impression, modality, lexicon)
        super().__init__(self.texts.findings, self.texts.impression, modality, lexicon)

    @kept
    def technique(self) -> ReadText:
        """检查技术."""
        return read(self.report.exam.technique[:LONGEST], self.lexicon)

    @kept
    def exam_item(self) -> ReadText:
        """检查名称: the report's, or else the order's."""
        item = self.report.exam.exam_item or (self.order.exam_item if self.order else "")
        return read(item[:500], self.lexicon)

    @kept
    def history(self) -> ReadText:
        """What is known of the patient: clinical diagnosis, history and purpose, a line each."""
        parts = [self.report.clinical_diagnosis]
        if self.order:
            parts += [self.order.clinical_diagnosis, self.order.history, self.order.purpose]
        return read("\n".join(dict.fromkeys(part for part in parts if part))[:LONGEST], self.lexicon)

    @kept
    def priors(self) -> tuple[tuple[PriorExam, ReadText], ...]:
        """Earlier examinations with their impressions read, newest first."""
        return tuple(
            (prior, read(prior.impression[:LONGEST], self.lexicon)) for prior in self.case.priors or ()
        )

    def read_of(self, section: Section) -> ReadText:
        """Return the reading of `section`; that of the record is empty."""
        if section is Section.TECHNIQUE:
            return self.technique
        return self.history if section is Section.ORDER else super().read_of(section)

    def record(self, label: str) -> Span:
        """Place of a header field, which has no characters to count; `label` is its printed name."""
        return Span(section=Section.RECORD, start=0, end=0, text=label)

    def ordered(self, label: str) -> Span:
        """Place of a field of the requisition, likewise; or words of it."""
        return Span(section=Section.ORDER, start=0, end=0, text=label)


_MODALITIES = {
    "CT": "CT", "MR": "MR", "MRI": "MR", "NMR": "MR", "DR": "DR", "CR": "DR", "DX": "DR", "RF": "DR",
    "XR": "DR", "X线": "DR", "X光": "DR", "US": "US", "MG": "MG", "PT": "PT", "PET": "PT", "NM": "NM",
}  # fmt: skip


@lru_cache(maxsize=1000)
def modality_of(modality: str, exam_item: str) -> str:
    """Fold a modality's spellings; without one, tell it from the name of the examination.

    The same names come all day, and are remembered.
    """
    word = modality.strip().upper()
    if word in _MODALITIES:
        return _MODALITIES[word]
    item = (word + " " + exam_item).upper()
    for mark, name in (("PET", "PT"), ("MR", "MR"), ("磁共振", "MR"), ("CT", "CT"), ("钼靶", "MG"), ("乳腺X", "MG"), ("乳腺摄影", "MG"), ("乳腺DR", "MG"),
                       ("DR", "DR"), ("X线", "DR"), ("X光", "DR"), ("正位", "DR"), ("超声", "US")):  # fmt: skip
        if mark in item:
            return name
    return ""
