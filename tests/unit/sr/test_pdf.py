"""The PDF twin: valid, its Chinese embedded and readable, no more told than the SR tells."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from conftest import need_tool
from dicom_tools import dciodvfy_errors
from sr_samples import NOW, REPORT_FORM, content, sheet

from plugin.sr import pdf
from plugin.sr.content import Disclosure, ScoredForm
from plugin.sr.qc_sr import build as build_sr
from plugin.sr.read import read


def twin(**changes):
    return pdf.build(content(**changes), sop_instance_uid="2.25.5", series_instance_uid="2.25.6")


def words(page: bytes, tmp_path) -> str:
    path = tmp_path / "page.pdf"
    path.write_bytes(page)
    done = subprocess.run(
        [need_tool("pdftotext"), "-layout", str(path), "-"], capture_output=True, check=True
    )
    return done.stdout.decode()


@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030"])
def test_the_object_is_valid_and_names_its_sr(charset, tmp_path):
    ds = twin(charset=charset)
    ds.save_as(tmp_path / "twin.dcm")
    assert dciodvfy_errors(tmp_path / "twin.dcm") == []
    assert ds.DocumentTitle == "医学影像质控结果报告"
    assert ds.ConceptNameCodeSequence[0].CodeValue == "QC-1000"
    assert ds.SourceInstanceSequence[0].ReferencedSOPInstanceUID == "2.25.1001"
    page = ds.EncapsulatedDocument[: ds.EncapsulatedDocumentLength]
    assert page.startswith(b"%PDF-") and page.rstrip(b"\0").endswith(b"%%EOF\n")


def test_the_page_reads_as_the_sr_does(tmp_path):
    page = words(twin().EncapsulatedDocument, tmp_path)
    for expected in (
        "医学影像质控结果报告",
        "张三",
        "李四",
        "报告质量：4 分，合格",
        "川渝 HR",
        "解剖关系、强化方式等",
        "龘",
    ):
        assert expected in page, expected


def test_fonts_are_embedded(tmp_path):
    path = tmp_path / "page.pdf"
    path.write_bytes(twin().EncapsulatedDocument)
    listed = subprocess.run(
        [need_tool("pdffonts"), str(path)], capture_output=True, check=True
    ).stdout.decode()
    rows = listed.splitlines()[2:]
    assert rows and all(" yes yes yes " in row for row in rows)


def test_a_character_without_a_glyph_is_shown_by_its_number(tmp_path):
    scored = ScoredForm(form=REPORT_FORM, sheet=sheet(REPORT_FORM, scorer_name="丂𪚥"))
    page = words(twin(scored=(scored,), evidence=()).EncapsulatedDocument, tmp_path)
    assert "〔U+2A6A5〕" in page


def test_a_summary_twin_names_nobody(tmp_path):
    page = words(twin(disclosure=Disclosure.SUMMARY).EncapsulatedDocument, tmp_path)
    assert "报告质量：4 分" in page
    for secret in ("李四", "王五", "理由", "第二行"):
        assert secret not in page


def test_the_same_content_gives_the_same_bytes():
    assert twin().EncapsulatedDocument == twin().EncapsulatedDocument


def test_report_text_is_text_and_not_markup(tmp_path):
    """S18: nothing is fetched, nothing is interpreted."""
    hostile = "<img src=file:///etc/passwd> **b** http://169.254.169.254/"
    one = sheet(REPORT_FORM)
    scored = ScoredForm(form=REPORT_FORM, sheet=replace(one, answers=replace(one.answers, comment=hostile)))
    page = words(twin(scored=(scored,), evidence=()).EncapsulatedDocument, tmp_path)
    assert "<img src=file:///etc/passwd> **b**" in page


def test_a_neighbours_sr_has_a_page_too(tmp_path):
    document = read(build_sr(content()))
    page = pdf.render(replace(document, content=None), NOW)
    assert "扣分项目" in words(page, tmp_path)
