"""Nobody's name and nobody's performance leaves by accident: every rendering of every level, to the last byte."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import need_tool
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from sr_samples import IMAGE_FORM, IMAGES, REPORT_FORM, STUDY, content, sheet
from sr_strategies import contents

from plugin.domain.scoring import ScoreSheet
from plugin.sr import html, pdf, render
from plugin.sr.content import Disclosure, MarkedImage, ReaderPart, ScoredForm, SrContent
from plugin.sr.qc_sr import build
from plugin.sr.read import dataset_bytes, read

KEY = b"k" * 32
CLOSED = (Disclosure.SUMMARY, Disclosure.PSEUDONYMOUS)
CHARSETS = ("ISO_IR 192", "GB18030")
PEOPLE = ("读片人甲", "读片人乙", "裁定人丙", "被评人丁", "技师戊")
LOGINS = ("DOC-A77", "DOC-B77", "DOC-C77", "DOC-D77", "DOC-E77")
WORDS = ("扣分的缘由", "备注的话", "机器的建议")
SHEETS = ("SHEET-1", "SHEET-2", "SHEET-3", "SHEET-4", "SHEET-0")
PATIENT = ("张三", "P20260601", "A2026060100017", "1950-02-03", "19500203", STUDY, IMAGES[0][1])


def one(form_sheet: ScoreSheet, who: int, assessed: int) -> ScoreSheet:
    """A sheet with everything that names a person or a sheet."""
    reasons = dict.fromkeys(form_sheet.answers.reasons, WORDS[0])
    result = form_sheet.result
    return replace(
        form_sheet,
        sheet_id=SHEETS[who],
        amends=SHEETS[4],
        scorer_id=LOGINS[who],
        scorer_name=PEOPLE[who],
        assessed_id=LOGINS[assessed],
        assessed_name=PEOPLE[assessed],
        answers=replace(form_sheet.answers, comment=WORDS[1], reasons=reasons),
        result=replace(result, deductions=tuple(replace(d, reason=WORDS[0]) for d in result.deductions)),
    )


def told(level: Disclosure, charset: str) -> SrContent:
    """Two readers and a third, who differ, images marked, a suggestion beside them."""
    made = content()
    marks = (MarkedImage(sop_class_uid=IMAGES[0][0], sop_instance_uid=IMAGES[0][1]),)
    first = one(sheet(REPORT_FORM, unmet=("terms",)), 0, 3)
    second = one(sheet(REPORT_FORM, present=("side",)), 1, 3)
    third = one(sheet(REPORT_FORM, unmet=("terms", "complete")), 2, 3)
    image = one(sheet(IMAGE_FORM, unmet=("artifact",)), 0, 4)
    suggestion = replace(
        made.suggestions[0],
        issues=tuple(replace(issue, message=WORDS[2], text=WORDS[2]) for issue in made.suggestions[0].issues),
    )
    return replace(
        made,
        scored=(
            ScoredForm(form=IMAGE_FORM, sheet=image, part=ReaderPart.FIRST, images=marks),
            ScoredForm(form=REPORT_FORM, sheet=first, part=ReaderPart.FIRST),
            ScoredForm(form=REPORT_FORM, sheet=second, part=ReaderPart.SECOND, blinded=True),
            ScoredForm(form=REPORT_FORM, sheet=third, part=ReaderPart.ADJUDICATOR),
        ),
        suggestions=(suggestion,),
        disclosure=level,
        charset=charset,
        pseudonym_key=KEY,
    )


def objects(made: SrContent) -> Iterator[tuple[str, Dataset]]:
    yield "sr", build(made)
    yield "pdf", pdf.build(made, sop_instance_uid="2.25.61", series_instance_uid="2.25.62")


def renderings(made: SrContent, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything that a reader can get out of the objects."""
    for name, ds in objects(made):
        yield f"{name} file", dataset_bytes(ds)
        yield f"{name} meta", str(ds.file_meta).encode()
        yield f"{name} preamble", bytes(ds.preamble or b"")
        if name == "pdf":
            path = folder / "twin.pdf"
            path.write_bytes(ds.EncapsulatedDocument)
            for tool, tail in (("pdftotext", ["-"]), ("pdfinfo", [])):
                done = subprocess.run([need_tool(tool), str(path), *tail], capture_output=True, check=True)
                yield tool, done.stdout
        else:
            document = read(ds)
            yield "html", html.page(document).encode()
            yield "text", render.as_text(document).encode()
            yield "json", json.dumps(render.as_json(document), ensure_ascii=False).encode()


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("level", CLOSED)
def test_no_rendering_holds_a_person_or_a_word_of_one(
    level: Disclosure, charset: str, tmp_path: Path
) -> None:
    secrets = [*PEOPLE, *LOGINS, *WORDS, *SHEETS]
    if level is Disclosure.PSEUDONYMOUS:
        secrets += PATIENT
    for name, raw in renderings(told(level, charset), tmp_path):
        for secret in secrets:
            for codec in ("utf-8", "gb18030", "utf-16-be"):
                assert secret.encode(codec) not in raw, (name, secret, codec)


@pytest.mark.parametrize("level", list(Disclosure))
def test_the_search_finds_what_is_there(level: Disclosure, tmp_path: Path) -> None:
    """The test above can fail: at the full level the same search meets every secret."""
    found = b"".join(raw for _, raw in renderings(told(level, "ISO_IR 192"), tmp_path))
    met = {secret for secret in (*PEOPLE, *LOGINS, *WORDS[:2]) if secret.encode() in found}
    assert met == ({*PEOPLE, *LOGINS, *WORDS[:2]} if level is Disclosure.FULL else set())


@pytest.mark.parametrize("level", list(Disclosure))
def test_no_object_has_private_elements_or_attributes_of_people(level: Disclosure) -> None:
    for name, ds in objects(told(level, "ISO_IR 192")):
        for element in ds.iterall():
            assert not element.tag.is_private, (name, element.tag)
            if level is Disclosure.SUMMARY and element.VR == "PN" and element.keyword != "PatientName":
                assert element.keyword == "ReferringPhysicianName", (name, element.keyword)
        people = {
            "OperatorsName",
            "PhysiciansOfRecord",
            "NameOfPhysiciansReadingStudy",
            "PerformingPhysicianName",
        }
        assert not people & {element.keyword for element in ds.iterall()}
        assert {element.keyword for element in ds.file_meta} <= {
            "FileMetaInformationGroupLength",
            "FileMetaInformationVersion",
            "MediaStorageSOPClassUID",
            "MediaStorageSOPInstanceUID",
            "TransferSyntaxUID",
            "ImplementationClassUID",
            "ImplementationVersionName",
        }


@pytest.mark.parametrize("level", CLOSED)
def test_the_summary_says_what_came_out_and_not_that_readers_differed(level: Disclosure) -> None:
    back = read(build(told(level, "ISO_IR 192"))).content
    assert back is not None
    scores = [(s.form.object, s.part, s.sheet.result.score) for s in back.scored]
    if level is Disclosure.SUMMARY:
        assert scores == [("IMG", ReaderPart.SINGLE, 3), ("RPT", ReaderPart.SINGLE, 3)]
    else:
        assert [part for _, part, _ in scores] == [s.part for s in told(level, "ISO_IR 192").scored]


@settings(max_examples=25)
@given(made=contents(), level=st.sampled_from(CLOSED))
def test_no_generated_content_names_its_people(made: SrContent, level: Disclosure) -> None:
    """Values of less than three characters stand in other words by chance."""
    marked = tuple(
        replace(
            scored,
            sheet=replace(
                scored.sheet,
                scorer_name=f"§评{scored.sheet.scorer_name}",
                assessed_name=f"§被{scored.sheet.assessed_name}",
                sheet_id=f"§单{scored.sheet.sheet_id}",
            ),
        )
        for scored in made.scored
    )
    raw = dataset_bytes(build(replace(made, scored=marked, disclosure=level, pseudonym_key=KEY)))
    for secret in ("§评", "§被", "§单"):
        for codec in ("utf-8", "gb18030"):
            assert secret.encode(codec) not in raw
