"""The QC SR: valid to the validators, readable to the viewers, equal to highdicom's."""

from __future__ import annotations

import json
import struct
import warnings
from dataclasses import replace
from datetime import datetime
from io import BytesIO

import pytest
from dicom_tools import dciodvfy_errors, dsr2html, dsrdump
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from sr_samples import IMAGE_FORM, IMAGES, MR_CLASS, REPORT_FORM, STUDY, content, sheet, teaching
from sr_strategies import contents

from plugin.domain.errors import InvalidInput
from plugin.domain.imaging import DocumentReference, SeriesEvidence
from plugin.domain.patient import Patient
from plugin.domain.scoring import FormKind
from plugin.sr import html
from plugin.sr.codes import shipped_codes
from plugin.sr.content import Disclosure, MarkedImage, ReaderPart, ScoredForm, SrContent
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build, encode, part10
from plugin.sr.read import read
from plugin.sr.template import summary

TWO_READERS = (
    ScoredForm(form=REPORT_FORM, sheet=sheet(REPORT_FORM), part=ReaderPart.FIRST, blinded=True),
    ScoredForm(
        form=REPORT_FORM,
        sheet=sheet(REPORT_FORM, present=("side",), sheet_id="S2", scorer_id="D9", scorer_name="钱七"),
        part=ReaderPart.SECOND,
        blinded=True,
    ),
    ScoredForm(
        form=REPORT_FORM,
        sheet=sheet(REPORT_FORM, unmet=("terms",), sheet_id="S3", scorer_id="D1", scorer_name="孙八"),
        part=ReaderPart.ADJUDICATOR,
    ),
)
PREDECESSOR = DocumentReference(
    study_instance_uid=STUDY,
    series_instance_uid="2.25.1002",
    sop_class_uid=ENHANCED_SR,
    sop_instance_uid="2.25.1000",
)
VARIANTS = {
    "full": content(),
    "gb18030": content(charset="GB18030"),
    "english": content(language="en"),
    "summary": content(disclosure=Disclosure.SUMMARY),
    "pseudonymous": content(disclosure=Disclosure.PSEUDONYMOUS, pseudonym_key=b"k" * 16),
    "two readers": content(scored=TWO_READERS),
    "report only": content(scored=content().scored[2:], evidence=(), label=None, suggestions=()),
    "teaching": teaching(),
    "amended": content(instance_number=2, predecessors=(PREDECESSOR,)),
    "groups": content(patient=Patient(patient_id="P1", name="ZHANG^SAN=张^三", sex="F")),
    "no name": content(patient=Patient(patient_id="P1")),
    "two studies": content(
        study=replace(content().study, other_study_instance_uids=("2.25.5",)),
        evidence=(
            *content().evidence,
            SeriesEvidence(
                study_instance_uid="2.25.5", series_instance_uid="2.25.51", instances=((MR_CLASS, "2.25.52"),)
            ),
        ),
    ),
    "no device": content(device=replace(content().device, uid="")),
    "no organisation": content(institution_name=""),
    "midnight": content(created_at=datetime.fromisoformat("2026-06-02T00:00:00.000001-03:30")),
}


def written(made: SrContent, folder) -> object:
    path = folder / "sr.dcm"
    path.write_bytes(part10(encode(made), ENHANCED_SR, made.sop_instance_uid))
    return path


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_passes_the_validators_and_the_viewers(name, tmp_path):
    path = written(VARIANTS[name], tmp_path)
    assert dciodvfy_errors(path) == []
    expected = {"english": "Report quality", "teaching": "影像诊断报告书写指导"}.get(name, "报告质量")
    assert expected in dsrdump(path)
    assert expected in dsr2html(path)


def test_what_a_person_reads_in_a_plain_viewer(tmp_path):
    page = dsr2html(written(VARIANTS["full"], tmp_path))
    for words in ("医学影像质控结果报告", "张三", "李四", "王五", "川渝 HR", "𠮷野 龘", "某某市第一人民医院"):
        assert words in page, words
    assert "申请单：合格；图像质量分析：3 分，合格；报告质量：4 分，合格" in page


def test_scores_are_whole_numbers(tmp_path):
    ds = build(content())
    number = next(item for item in ds.ContentSequence[-3].ContentSequence if item.ValueType == "NUM")
    assert number.MeasuredValueSequence[0].NumericValue.original_string == "4"
    assert number.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "{score}"


def test_equal_to_what_highdicom_builds():
    peer = pytest.importorskip("plugin.bench.highdicom_sr")
    made = content()
    ours = build(made)
    with warnings.catch_warnings():
        # highdicom would have "张三^"; the standard does not ask for it.
        warnings.filterwarnings("ignore", message=".*unlikely to represent the intended person name.*")
        theirs = peer.enhanced_sr(made)
    for keyword in (
        "ContentSequence",
        "ConceptNameCodeSequence",
        "CurrentRequestedProcedureEvidenceSequence",
    ):
        assert _plain(ours, keyword) == _plain(theirs, keyword), keyword
    absent = {element.keyword for element in theirs} - {element.keyword for element in ours}
    assert absent == {"ContributingEquipmentSequence"}  # highdicom's own signature


def _plain(ds, keyword):
    return json.dumps(ds[keyword].to_json_dict(1024, None), sort_keys=True, default=str)


@settings(max_examples=60)
@given(made=contents())
def test_any_content_reads_back_as_it_was_written(made):
    document = read(build(made))
    assert document.notes == ()
    back = document.content
    assert back is not None
    for ours, theirs in zip(made.scored, back.scored, strict=True):
        assert theirs.sheet == ours.sheet
        assert {c.id for c in theirs.form.conditions} == {c.id for c in ours.form.conditions}
        assert (theirs.form.object, theirs.form.kind, theirs.part) == (
            ours.form.object,
            ours.form.kind,
            ours.part,
        )
        assert set(theirs.images) == set(ours.images)
    for field in ("patient", "study", "evidence", "label", "predecessors", "report_id", "institution_name"):
        assert getattr(back, field) == getattr(made, field), field
    for field in ("sop_instance_uid", "series_instance_uid", "created_at", "instance_number", "disclosure"):
        assert getattr(back, field) == getattr(made, field), field


@settings(max_examples=40)
@given(made=contents())
def test_the_bytes_are_well_formed_to_the_last_one(made):
    """Every length is even, every sequence ends where it says: checked without pydicom."""
    raw = encode(made)
    assert _walk(raw, 0, len(raw)) == len(raw)


_LONG = {b"OB", b"OW", b"SQ", b"UC", b"UN", b"UR", b"UT"}


def _walk(raw: bytes, position: int, end: int) -> int:
    last = -1
    while position < end:
        group, number, vr = struct.unpack_from("<HH2s", raw, position)
        tag = group << 16 | number
        assert tag > last, "tags ascend"
        last = tag
        if vr in _LONG:
            (length,) = struct.unpack_from("<I", raw, position + 8)
            position += 12
        else:
            (length,) = struct.unpack_from("<H", raw, position + 6)
            position += 8
        assert length % 2 == 0
        if vr == b"SQ":
            stop = position + length
            while position < stop:
                mark, size = struct.unpack_from("<II", raw, position)
                assert mark == 0xE000FFFE
                assert _walk(raw, position + 8, position + 8 + size) == position + 8 + size
                position += 8 + size
            assert position == stop
        else:
            position += length
    return position


def test_the_same_content_gives_the_same_bytes():
    assert encode(content()) == encode(content())


def test_gb18030_holds_every_name_and_no_other_bytes(tmp_path):
    raw = encode(content(charset="GB18030"))
    assert "𠮷野 龘".encode("gb18030") in raw
    assert "张三".encode("gb18030") in raw
    assert "张三".encode() not in raw
    assert read(build(content(charset="GB18030"))).content.scored == read(build(content())).content.scored


def test_control_bytes_cannot_leave_their_value():
    """S15: ESC would start an ISO 2022 sequence, a backslash a second value."""
    hostile = "甲\x1b$)A乙\\丙\r\n丁\x00\x85"
    made = content(
        patient=Patient(patient_id="P\\1\x1b", name=hostile),
        scored=(ScoredForm(form=REPORT_FORM, sheet=sheet(REPORT_FORM, scorer_name=hostile)),),
        evidence=(),
    )
    raw = encode(made)
    assert b"\x1b" not in raw
    ds = dcmread(BytesIO(part10(raw, ENHANCED_SR, made.sop_instance_uid)))
    assert ds.PatientID == "P＼1␛"
    assert str(ds.PatientName) == "甲␛$)A乙＼丙  丁␀\ufffd"
    assert read(ds).content.scored[0].sheet.scorer_name == "甲␛$)A乙\\丙\r\n丁␀\ufffd"


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"scored": ()}, "scored"),
        ({"sop_instance_uid": "1.2.03"}, "sop_instance_uid"),
        ({"sop_instance_uid": "../x"}, "sop_instance_uid"),
        ({"series_instance_uid": ""}, "series_instance_uid"),
        ({"created_at": datetime.fromisoformat("2026-06-01")}, "created_at"),
        ({"charset": "ISO 2022 IR 58"}, "charset"),
        ({"language": "fr"}, "language"),
        ({"disclosure": Disclosure.PSEUDONYMOUS}, "pseudonym_key"),
        ({"charset": "ISO_IR 100"}, "(0010,0010)"),
        ({"patient": Patient(patient_id="P1", name="\ud800")}, "(0010,0010)"),
    ],
)
def test_what_cannot_be_written_is_named(changes, where):
    with pytest.raises(InvalidInput) as refused:
        encode(content(**changes))
    assert refused.value.where.startswith(where)


def test_a_marked_image_must_be_evidence():
    stray = MarkedImage(sop_class_uid=MR_CLASS, sop_instance_uid="2.25.404")
    scored = ScoredForm(form=IMAGE_FORM, sheet=sheet(IMAGE_FORM), images=(stray,))
    with pytest.raises(InvalidInput, match="not among the evidence"):
        encode(content(scored=(scored,)))


def test_the_summary_names_nobody_but_the_patient():
    """Decisions 25: nobody's performance leaves the house by accident."""
    made = content(disclosure=Disclosure.SUMMARY)
    raw = encode(made)
    for secret in ("李四", "王五", "D7", "D8", "理由", "第二行", "S-RPT", "描述为左侧"):
        assert secret.encode() not in raw, secret
    back = read(build(made)).content
    assert [s.sheet.result.score for s in back.scored] == [None, 3, 4]
    assert all(s.sheet.result.passed for s in back.scored)
    assert (back.label.mark, back.label.eligible, back.label.item.number) == ("川渝 HR", True, 116)


def test_pseudonyms_are_stable_keyed_and_complete():
    made = content(disclosure=Disclosure.PSEUDONYMOUS, pseudonym_key=b"k" * 16)
    raw = encode(made)
    secrets = ("张三", "李四", "王五", "赵六", "P20260601", "A2026060100017", "1950", "理由", "第二行", "D7")
    for secret in (*secrets, STUDY, IMAGES[0][1], "PO1", "FO1"):
        assert secret.encode() not in raw, secret
    first, again = read(build(made)).content, read(build(made)).content
    other = read(build(replace(made, pseudonym_key=b"K" * 16))).content
    assert first.patient == again.patient != other.patient
    assert first.scored[0].sheet.scorer_id == first.scored[1].sheet.scorer_id
    assert first.scored[1].sheet.result.score == 3


def test_a_teaching_session_reads_back_with_its_points():
    made = teaching()
    document = read(build(made))
    [ours], [back] = made.scored, document.content.scored
    assert back.sheet == ours.sheet
    assert [(i.id, i.text, i.points) for i in back.form.items] == [
        (i.id, i.text, i.points) for i in ours.form.items
    ]
    assert back.form.kind is FormKind.POINTS
    assert "影像诊断报告书写指导：8.5 分，合格" in summary(made, shipped_codes())
    assert "3.5 / 5" in html.page(document)


def test_the_adjudicator_decides():
    assert "(PASS,99RADQC" in _conclusion(TWO_READERS)
    assert "(FAIL,99RADQC" in _conclusion(TWO_READERS[:2])


def _conclusion(scored) -> str:
    ds = build(content(scored=scored))
    item = next(i for i in ds.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "121077")
    code = item.ConceptCodeSequence[0]
    return f"({code.CodeValue},{code.CodingSchemeDesignator}"


def test_each_reader_opens_with_his_own_context():
    ds = build(content(scored=TWO_READERS))
    readers = [i for i in ds.ContentSequence if i.ConceptNameCodeSequence[0].CodeValue == "READER"]
    names = [
        next(str(c.PersonName) for c in reader.ContentSequence if c.ValueType == "PNAME")
        for reader in readers
    ]
    assert names == ["李四", "钱七", "孙八"]
    assert [s.part for s in read(ds).content.scored] == [s.part for s in TWO_READERS]
    assert [s.blinded for s in read(ds).content.scored] == [True, True, False]


def test_three_thousand_images():
    series = SeriesEvidence(
        study_instance_uid=STUDY,
        series_instance_uid="2.25.3",
        instances=tuple((MR_CLASS, f"2.25.3{n:05}") for n in range(3000)),
    )
    ds = build(content(evidence=(*content().evidence, series)))
    studies = ds.CurrentRequestedProcedureEvidenceSequence
    assert len(studies) == 1
    assert [len(s.ReferencedSOPSequence) for s in studies[0].ReferencedSeriesSequence] == [3, 3000]


def test_long_institution_and_criterion_stay_within_their_vr(tmp_path):
    long = replace(REPORT_FORM, clause="某某省影像诊断质量控制中心标准" * 5)
    path = written(
        content(
            institution_name="某某市第一人民医院东院区放射影像科",
            scored=(ScoredForm(form=long, sheet=sheet(long)),),
        ),
        tmp_path,
    )
    assert dciodvfy_errors(path) == []


@given(text=st.text(max_size=80))
@settings(max_examples=100)
def test_any_comment_survives_or_is_refused(text):
    made = content(
        scored=(
            ScoredForm(
                form=REPORT_FORM,
                sheet=replace(
                    sheet(REPORT_FORM), answers=replace(sheet(REPORT_FORM).answers, comment=f"备注{text}。")
                ),
            ),
        ),
        evidence=(),
    )
    try:
        ds = build(made)
    except InvalidInput as refused:
        assert "U+D" in refused.text  # a lone surrogate is no character
        return
    shown = read(ds).content.scored[0].sheet.answers.comment
    if all(c >= " " and not "\x7f" <= c <= "\x9f" for c in text):
        assert shown == f"备注{text}。"
    assert not any(c < " " and c not in "\t\n\f\r" for c in shown)
