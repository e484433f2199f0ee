"""The PDF twin: the same document for viewers that show no SR, as Encapsulated PDF (PS3.3 A.45.1).

The page is made from the SR as it was encoded, never from the content beside it: the
twin says what the SR says, at the SR's disclosure level.  Its font is embedded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fpdf import FPDF
from fpdf.fonts import TTFFont
from pydicom.dataset import Dataset

from plugin.sr import qc_sr
from plugin.sr.codes import CodeBook, shipped_codes
from plugin.sr.content import ReaderPart, ScoredForm, SrContent
from plugin.sr.disclose import disclosed
from plugin.sr.encode import Elements, Encoder, assemble, element, reference, sequence, uid
from plugin.sr.header import (
    ENHANCED_SR,
    equipment_module,
    patient_module,
    scheme_identification,
    sop_common_module,
    study_module,
)
from plugin.sr.read import SrDocument, read
from plugin.sr.render import name_text, value_text
from plugin.sr.tree import Item

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
FONT = Path(__file__).parent / "fonts" / "NotoSansCJKsc-Regular-subset.otf"
_READERS = {
    ReaderPart.SINGLE: "",
    ReaderPart.FIRST: "（第一评分人）",
    ReaderPart.SECOND: "（第二评分人）",
    ReaderPart.ADJUDICATOR: "（仲裁评分人）",
}


def build(
    content: SrContent, *, sop_instance_uid: str, series_instance_uid: str, codes: CodeBook | None = None
) -> Dataset:
    """The twin of the SR that `content` makes.

    Parameters
    ----------
    sop_instance_uid, series_instance_uid
        The twin's own, minted beside the SR's; its series holds documents (DOC).

    Raises
    ------
    InvalidInput
        As :func:`plugin.sr.qc_sr.build` does.
    """
    told = disclosed(content)
    book = (codes or shipped_codes()).in_language(told.language)
    page = render(read(qc_sr.build(content, codes), codes), told.created_at)
    e = Encoder(told.charset)
    elements: Elements = {}
    sop_common_module(e, ENCAPSULATED_PDF, sop_instance_uid, told.created_at, elements)
    scheme_identification(e, book, elements)
    patient_module(e, told.patient, elements)
    study_module(e, told.study, elements)
    equipment_module(e, told.device, told.institution_name, elements)
    elements[0x00080060] = e.text(0x00080060, "CS", "DOC")
    elements[0x0008103E] = e.text(0x0008103E, "LO", book.text("series_description"))
    elements[0x0020000E] = uid(0x0020000E, series_instance_uid)
    elements[0x00200011] = e.text(0x00200011, "IS", str(told.series_number + 1))
    elements[0x00200013] = e.text(0x00200013, "IS", str(told.instance_number))
    e.date_time(elements, 0x00080023, 0x00080033, told.created_at)
    elements[0x0008002A] = element(0x0008002A, "DT", e.moment(told.created_at).encode())
    elements[0x00080064] = e.text(0x00080064, "CS", "WSD")
    elements[0x00280301] = e.text(0x00280301, "CS", "YES")
    elements[0x0040A043] = e.code(0x0040A043, book["title"])
    elements[0x00420010] = e.text(0x00420010, "ST", book["title"].meaning)
    elements[0x00420011] = element(0x00420011, "OB", page)
    elements[0x00420012] = e.text(0x00420012, "LO", "application/pdf")
    elements[0x00420013] = sequence(0x00420013, [reference(ENHANCED_SR, told.sop_instance_uid)])
    elements[0x00420015] = element(0x00420015, "UL", len(page).to_bytes(4, "little"))
    return qc_sr.as_dataset(assemble(elements), ENCAPSULATED_PDF, sop_instance_uid)


def render(document: SrDocument, created_at: datetime) -> bytes:
    """A4 pages of one document, ours or a neighbour's; the same document gives the same bytes."""
    paper = _Paper(document.title or document.modality or "DICOM", created_at)
    patient, study = document.patient, document.study
    paper.heading(document.title or document.modality or "DICOM")
    for name, value in (
        ("患者", " ".join(filter(None, (patient.name, patient.sex, patient.patient_id)))),
        ("检查号", study.accession_number),
        ("检查项目", study.exam_item or study.description),
        ("检查时间", study.performed_at),
        ("机构", document.institution_name),
        ("书写时间", document.written_at),
    ):
        paper.fact(name, value)
    if document.content:
        _qc(paper, document.content, document.root)
    elif document.root:
        for depth, line in _lines(document.root, 0):
            paper.line(line, depth)
    for note in document.notes:
        paper.line(f"！{note}")
    paper.fact("文档标识", document.sop_instance_uid)
    return bytes(paper.pdf.output())


def _qc(paper: _Paper, content: SrContent, root: Item | None) -> None:
    for item in root.children if root else ():
        if item.kind == "TEXT" and item.name and item.name.value == "121111":
            paper.line(value_text(item))
    if label := content.label:
        printed = f" {label.item.number} {label.item.printed}" if label.item else ""
        paper.section(f"检查互认标识：{label.mark if label.eligible else '无'}{printed}")
        for _, reason in label.reasons:
            paper.line(reason, 1)
    for scored in content.scored:
        _scored(paper, scored)
    for suggestion in content.suggestions:
        paper.section(f"系统建议：{suggestion.object}")
        for issue in suggestion.issues:
            paper.line(f"{issue.message}（{issue.clause}）", 1)


def _scored(paper: _Paper, scored: ScoredForm) -> None:
    sheet, result, answers = scored.sheet, scored.sheet.result, scored.sheet.answers
    reached = result.score if result.points is None else f"{result.points:g}"
    points = "" if reached is None else f"{reached} 分，"
    verdict = result.grade or ("合格" if result.passed else "不合格")
    paper.section(f"{scored.form.title}{_READERS[scored.part]}：{points}{verdict}")
    people = (("质控人", sheet.scorer_name), ("被评人", sheet.assessed_name))
    who = "，".join(f"{role} {name}" for role, name in people if name)
    paper.line(f"{who}　{sheet.scored_at:%Y-%m-%d %H:%M}".strip("　"))
    for criterion in scored.form.fatal:
        paper.line(f"[{'有' if criterion.id in answers.present else '无'}] {criterion.text}", 1)
    for criterion in scored.form.conditions:
        met = "不符合" if criterion.id in answers.unmet else "符合"
        mark = "不适用" if criterion.id in answers.not_applicable else met
        paper.line(f"[{mark}] {criterion.text}", 1)
    for item in scored.form.items:
        paper.line(f"[{answers.points.get(item.id, 0):g}/{item.points:g}] {item.text}", 1)
    for lost in result.deductions:
        kind = "严重扣分项" if lost.severe else "不符合项"
        paper.line(f"{kind}：{lost.text}" + (f"（{lost.reason}）" if lost.reason else ""), 1)
    if answers.comment:
        paper.line(f"备注：{answers.comment}", 1)


@dataclass
class _Paper:
    """The few shapes a page is made of."""

    title: str
    created_at: datetime
    pdf: FPDF = field(init=False)

    def __post_init__(self) -> None:
        pdf = FPDF(format="A4")
        pdf.set_creation_date(self.created_at)
        pdf.set_title(self.title)
        pdf.set_creator("SignGate")
        pdf.set_lang("zh-CN")
        pdf.set_margin(18)
        pdf.set_auto_page_break(True, 18)
        pdf.add_font("noto", "", FONT)
        pdf.add_page()
        self.pdf = pdf

    def heading(self, text: str) -> None:
        self._write(text, 17, 10)
        self.pdf.ln(2)

    def section(self, text: str) -> None:
        self.pdf.ln(3)
        self._write(text, 13, 8)

    def fact(self, name: str, value: str) -> None:
        if value:
            self._write(f"{name}　{value}", 10, 6)

    def line(self, text: str, depth: int = 0) -> None:
        if text:
            self._write(text, 10, 6, indent=min(depth, 12) * 5)

    def _write(self, text: str, size: float, height: float, indent: float = 0) -> None:
        self.pdf.set_font("noto", size=size)
        self.pdf.set_x(self.pdf.l_margin + indent)
        self.pdf.multi_cell(0, height, self._drawable(text), align="L", new_x="LMARGIN", new_y="NEXT")

    def _drawable(self, text: str) -> str:
        """A character without a glyph is shown by its number: 〔U+20BB7〕; nothing is dropped."""
        font = self.pdf.fonts["noto"]
        known = font.cmap if isinstance(font, TTFFont) else {}
        return "".join(c if c == "\n" or ord(c) in known else f"〔U+{ord(c):04X}〕" for c in text)


def _lines(item: Item, depth: int) -> Iterator[tuple[int, str]]:
    value = value_text(item)
    yield depth, f"{name_text(item)}：{value}" if value else name_text(item)
    for child in item.children:
        yield from _lines(child, depth + 1)
