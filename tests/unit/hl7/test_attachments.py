"""Embedded documents and pointers: by the standard, and as vendors send them."""

from __future__ import annotations

import base64

import pytest

from plugin.domain.attachment import Attachment, AttachmentFault
from plugin.hl7.attachments import read_attachments, read_documents
from plugin.hl7.reader import Segment

PDF = b"%PDF-1.4\n\xe2\xe3\n%%EOF\n"
PACKED = base64.b64encode(PDF).decode()


def read(value: str, kind: str = "ED") -> list[Attachment]:
    return read_attachments(Segment(f"OBX|1|{kind}|ZMF^主报告文件||{value}||||||F"))


@pytest.mark.parametrize(
    "value",
    [
        f"RIS^application^pdf^Base64^{PACKED}",
        f"^APPLICATION^PDF^BASE64^{PACKED}",
        f"RIS^application^pdf^^{PACKED}",
        f"RIS^application^pdf^Base64^{PACKED.rstrip('=')}",
        f"RIS^application^pdf^Base64^{PACKED[:9]}\n{PACKED[9:]} ",
        f"RIS^application^pdf^Hex^{PDF.hex()}",
        f"RIS^application^pdf^Base64^data:application/pdf;base64,{PACKED}",
        f"RIS^application^pdf^Base64^{base64.urlsafe_b64encode(PDF).decode()}",
    ],
    ids=[
        "as it should be",
        "capitals",
        "no encoding",
        "no padding",
        "in lines",
        "hexadecimal",
        "as a link",
        "for URLs",
    ],
)
def test_a_document_in_every_dress(value: str) -> None:
    assert read(value) == [Attachment(code="ZMF", media_type="application/pdf", content=PDF, size=len(PDF))]


def test_nothing_but_the_data() -> None:
    assert read(PACKED) == [Attachment(code="ZMF", media_type="", content=PDF, size=len(PDF))]


def test_text_that_is_not_encoded() -> None:
    assert read("RIS^text^plain^A^附件")[0].content == "附件".encode()


@pytest.mark.parametrize("data", ["abc$def=", "JVBERi0!xLjQ", "a", "", "====", "A=BC"])
def test_what_does_not_decode_is_noted(data: str) -> None:
    (broken,) = read(f"RIS^application^pdf^Base64^{data}")
    assert (broken.content, broken.fault) == (b"", AttachmentFault.UNREADABLE)


def test_several_in_one_field_and_none() -> None:
    assert [each.content for each in read(f"^a^pdf^Base64^{PACKED}~^a^pdf^Base64^{PACKED}")] == [PDF, PDF]
    assert read("") == []


def test_a_pointer() -> None:
    (pointer,) = read(r"//pacs/r/1.pdf^RIS^application^pdf", "RP")
    assert (pointer.reference, pointer.media_type, pointer.fault) == (
        "//pacs/r/1.pdf",
        "application/pdf",
        None,
    )


def pieces(*values: str, numbered: bool = True) -> list[Segment]:
    return [
        Segment(f"OBX|{n}|ED|ZMF|{n if numbered else ''}|^application^pdf^Base64^{value}||||||F")
        for n, value in enumerate(values, 1)
    ]


@pytest.mark.parametrize("cut", [8, 9, 10, 11])
def test_a_pdf_that_was_cut_into_several_segments_is_one_document(cut: int) -> None:
    (whole,) = read_documents(pieces(PACKED[:cut], PACKED[cut:]))
    assert (whole.content, whole.fault) == (PDF, None)


@pytest.mark.parametrize(
    "segments",
    [pieces(PACKED, PACKED), pieces(PACKED[:8], PACKED[8:], numbered=False), pieces(PACKED[:8], PACKED[:8])],
    ids=["two documents", "not numbered", "two broken ones"],
)
def test_documents_that_are_no_pieces_of_one_stay_apart(segments: list[Segment]) -> None:
    assert len(read_documents(segments)) == 2
