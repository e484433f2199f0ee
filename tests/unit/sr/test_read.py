"""The reader: ours as content, anybody's as a tree, nothing ever as an exception."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from pathlib import Path

import pydicom
import pytest
from effort import steps
from hypothesis import given, settings
from hypothesis import strategies as st
from sr_samples import IMAGES, MR_CLASS, STUDY, content

from plugin.domain.imaging import SeriesEvidence
from plugin.sr import html, render
from plugin.sr.encode import element, sequence, uid
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build, encode, part10
from plugin.sr.read import SrDocument, dataset_bytes, read, read_file, read_folder
from plugin.sr.tolerant import MAX_BYTES

# What pydicom warns of in damaged objects is the point of these tests.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")

OURS = part10(encode(content()), ENHANCED_SR, "2.25.1001")


def shown(document: SrDocument) -> str:
    """Every rendering of a document; none may fail."""
    page = html.page(document)
    assert "<script" not in page
    json.dumps(render.as_json(document), ensure_ascii=False)
    return render.as_text(document)


def test_ours_in_every_rendering():
    document = read(OURS)
    assert document.template == "QC1000"
    text = shown(document)
    assert "分数: 4 分" in text
    assert "扣分理由: 理由：病变描述全面" in text
    page = html.page(document)
    for words in ("报告质量", "川渝 HR", "不符合项：病变描述全面", "第二行"):
        assert words in page
    told = render.as_json(document)
    report = told["qc"]["objects"][2]
    assert (report["object"], report["score"], report["passed"]) == ("RPT", 4, True)
    assert report["criteria"][3] == {
        "id": "complete",
        "text": "病变描述全面：包括大小、部位（如肺的亚段…",
        "answer": "no",
    }
    assert (
        report["deductions"][0]["text"] == "病变描述全面：包括大小、部位（如肺的亚段）、解剖关系、强化方式等"
    )
    assert told["qc"]["label"]["mark"] == "川渝 HR"


def test_a_page_shows_markup_as_text():
    """S1: what people write is never markup."""
    made = content(institution_name='<script>alert("1")</script>', report_id="{{7*7}}")
    page = html.page(read(build(made)))
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_what_was_fetched_can_be_kept():
    assert read(dataset_bytes(read_ds())).content == read(OURS).content


def read_ds():
    return build(content())


def test_foreign_objects_inside_pydicom():
    paths = [path for path in (Path(pydicom.__file__).parent / "data").rglob("*.dcm") if path.is_file()]
    assert len(paths) > 50
    for path in paths:
        assert shown(read_file(path)), path


@pytest.mark.shared
def test_foreign_objects_of_the_samples(shared):
    documents = list(read_folder(shared / "samples" / "dicom"))
    trees = [document for document in documents if document.root]
    assert len(documents) >= 79
    assert len(trees) >= 8
    for document in documents:
        assert shown(document)
    assert any(child.children for document in trees for child in document.root.children)


@pytest.mark.parametrize("data", [b"", b"\0" * 132, b"DICM", b"\xff" * 500, "报告".encode() * 50])
def test_what_is_no_dicom_says_so(data):
    document = read(data)
    assert document.root is None
    assert document.notes
    assert shown(document)


@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_object_is_shown_as_far_as_it_goes(data):
    damaged = bytearray(OURS)
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(132, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(200, len(damaged)))
    assert shown(read(bytes(damaged[:cut])))


def test_two_thousand_nested_containers():
    """S12: nesting exhausts no stack, whether lengths are given or not."""
    inner = b""
    for _ in range(2000):
        inner = element(0x0040A040, "CS", b"CONTAINER") + sequence(0x0040A730, [inner] if inner else [])
    known = read(part10(uid(0x00080018, "2.25.1") + inner, ENHANCED_SR, "2.25.1"))
    assert shown(known)
    assert any("deeper" in note or "cannot be read" in note for note in known.notes)
    head = element(0x0040A040, "CS", b"CONTAINER")
    opening = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    unknown = read(part10(uid(0x00080018, "2.25.1") + (head + opening) * 2000, ENHANCED_SR, "2.25.1"))
    assert unknown.notes
    assert shown(unknown)


def test_a_deflate_bomb_is_refused_before_it_unpacks():
    """S12: 300 kB that would become 300 MB."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = b"".join(packer.compress(b"\0" * (1 << 20)) for _ in range(300)) + packer.flush()
    meta = uid(0x00020010, pydicom.uid.DeflatedExplicitVRLittleEndian)
    length = element(0x00020000, "UL", len(meta).to_bytes(4, "little"))
    tracemalloc.start()
    document = read(b"\0" * 128 + b"DICM" + length + meta + bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "unpacks to more than" in document.notes[0]
    assert peak < 4 * MAX_BYTES


def test_a_length_of_four_gibibytes_is_not_believed():
    lie = b"\x40\x00\x60\xa1UT\0\0\xfe\xff\xff\xff" + "甲".encode()
    tree = element(0x0040A040, "CS", b"TEXT") + lie
    assert shown(read(part10(uid(0x00080018, "2.25.1") + tree, ENHANCED_SR, "2.25.1")))


def test_a_deflated_object_of_ours_is_read(tmp_path):
    ds = read_ds()
    ds.file_meta.TransferSyntaxUID = pydicom.uid.DeflatedExplicitVRLittleEndian
    ds.save_as(tmp_path / "deflated.dcm")
    assert read_file(tmp_path / "deflated.dcm").content == read(OURS).content


@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030"])
@pytest.mark.parametrize(
    ("syntax", "implicit", "little"),
    [
        (pydicom.uid.ExplicitVRBigEndian, False, False),
        (pydicom.uid.ImplicitVRLittleEndian, True, True),
        (pydicom.uid.DeflatedExplicitVRLittleEndian, False, True),
    ],
)
def test_ours_is_read_in_every_transfer_syntax(syntax, implicit, little, charset, tmp_path):
    """A neighbour's archive may have converted it; big endian is retired and still met."""
    made = content(charset=charset)
    ds = build(made)
    ds.file_meta.TransferSyntaxUID = syntax
    list(ds.iterall())  # decoded, so that they are encoded anew
    path = tmp_path / "converted.dcm"
    pydicom.dcmwrite(path, ds, implicit_vr=implicit, little_endian=little, enforce_file_format=True)
    raw = path.read_bytes()
    assert encode(made) not in raw
    for document in (read_file(path), read(raw), read(pydicom.dcmread(path))):
        assert document.content == read(build(made)).content
        assert document.notes == ()


def test_a_folder_is_read_in_order_and_other_files_passed_over(tmp_path):
    (tmp_path / "b.dcm").write_bytes(OURS)
    (tmp_path / "a.dcm").write_bytes(OURS)
    (tmp_path / "notes.txt").write_text("no DICOM")
    (tmp_path / "link.dcm").symlink_to("/dev/zero")
    assert [document.source for document in read_folder(tmp_path)] == ["a.dcm", "b.dcm"]


def test_twice_the_images_in_evidence_cost_twice_the_work_to_read():
    def cost(images: int) -> int:
        series = SeriesEvidence(
            study_instance_uid=STUDY,
            series_instance_uid="2.25.7",
            instances=(*IMAGES, *((MR_CLASS, f"2.25.7{n}") for n in range(images))),
        )
        raw = part10(encode(content(evidence=(series,))), ENHANCED_SR, "2.25.1001")
        return steps(lambda: read(raw))

    assert cost(2_000) < 2.2 * cost(1_000)


def test_a_page_prints_names_and_states_in_words_and_completes_what_was_cut() -> None:
    document = read(build(content()))
    assert document.content is not None
    shown = html.page(document)
    assert "COMPLETE" not in shown
    assert "完整" in shown
    cut = next(
        c
        for form in document.content.scored
        for c in (*form.form.fatal, *form.form.conditions)
        if "…" in c.text
    )
    whole = cut.text[:-1] + "的余下文字"
    assert whole in html.page(document, wordings={cut.id: whole})
    assert "别的条目" not in html.page(document, wordings={cut.id: "别的条目"}), "another version's words"


@pytest.mark.parametrize(
    ("name", "printed"),
    [("Zhang^San=张^三", "张三"), ("Zhang^San", "Zhang San"), ("张三", "张三"), ("=张^三", "张三"), ("", "")],
)
def test_a_name_is_printed_as_it_is_read(name: str, printed: str) -> None:
    assert html.printed_name(name) == printed
