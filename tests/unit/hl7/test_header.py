"""MSH from raw bytes: odd delimiters, Chinese bytes that look like delimiters, UTF-16."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.errors import MessageRejected
from plugin.hl7.header import Delimiters, read, require

PLAIN = b"MSH|^~\\&|RIS|H1|SIGNGATE|QC|20260601||ORU^R01^ORU_R01|ID1|P|2.5.1|||AL|NE||UNICODE UTF-8\rPID|1"


def test_the_fields_of_a_plain_header() -> None:
    header = read(PLAIN)
    assert (header.code, header.event, header.version, header.processing_id) == ("ORU", "R01", "2.5.1", "P")
    assert header.control_id == b"ID1"
    assert header.sender == "RIS|H1"
    assert (header.text(15), header.text(16)) == ("AL", "NE")
    assert header.codec == "utf-8"
    assert header.field(99) == b""


@pytest.mark.parametrize("lead", [b"\xef\xbb\xbf", b"\x00", b"\x00\x00", b"\r\n", b"  "])
def test_bom_nuls_and_blanks_before_msh_are_passed_over(lead: bytes) -> None:
    assert read(lead + PLAIN).control_id == b"ID1"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b""])
def test_the_header_ends_with_its_segment(end: bytes) -> None:
    assert read(PLAIN.split(b"\r")[0] + end).text(18) == "UNICODE UTF-8"


@pytest.mark.parametrize("facility", ["放射科", "影像中心", "仓库", "誠", "铅", "𠮷"])
@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_chinese_in_the_header_is_never_cut_inside_a_character(facility: str, codec: str) -> None:
    # Trail bytes of GBK reach from 0x40 on: | ^ \ ~ are among them.
    line = f"MSH|^~\\&|RIS|{facility}|S|Q|20260601||ORU^R01|ID1|P|2.4||||||GB 18030-2000\r"
    header = read(line.encode(codec))
    assert header.control_id == b"ID1"
    assert header.field(4) == facility.encode(codec)


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=12))
def test_any_hanzi_in_gbk_leaves_the_control_id_in_its_place(name: str) -> None:
    line = f"MSH|^~\\&|{name}|{name}|S|Q|20260601||ORU^R01|ID1|P|2.4\r"
    assert read(line.encode("gb18030")).control_id == b"ID1"


def test_latin_1_before_a_separator_is_not_taken_for_half_of_a_character() -> None:
    line = "MSH|^~\\&|Café|Café|S|Q|20260601||ORU^R01|ID1|P|2.4||||||8859/1\r"
    assert read(line.encode("latin-1")).control_id == b"ID1"


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16(codec: str) -> None:
    header = read(PLAIN.decode().replace("H1", "放射科").replace("|ID1|", "|ID10|").encode(codec))
    assert header.control_id == b"ID10"
    assert header.text(10) == "ID10"
    assert header.text(4) == "放射科"


# S4
@pytest.mark.parametrize(
    "line",
    [b"MSH|||||", b"MSH|abcd|", b"MSH", b"MSH|", b"MSHA^~\\&A", b"MSH|^~\\&x|", b"MSH|^^\\&|", b"MSH|^~\\|",
     b"MSH|^~\\\\&|", b"MSH|^\xef\xbf\xbd\\&|", b"MSH\r^~\\&\r", b"MSH 1234 "],
)  # fmt: skip
def test_unusable_delimiters_are_refused_for_good(line: bytes) -> None:
    with pytest.raises(MessageRejected) as caught:
        read(line + b"RIS")
    assert (caught.value.ack_code, caught.value.location) == ("AR", "MSH^1^2")


def test_other_delimiters_and_the_truncation_character_are_taken() -> None:
    header = read(b"MSH#*~\\$#RIS#H1#S#Q#20260601##ORU*R01#ID1#P#2.4")
    assert header.delimiters == Delimiters("#", "*", "~", "\\", "$")
    assert (header.code, header.event, header.control_id) == ("ORU", "R01", b"ID1")
    assert read(b"MSH|^~\\&#|RIS|H1|S|Q|1||ORU^R01|ID1|P|2.7").control_id == b"ID1"


@pytest.mark.parametrize("block", [b"", b"PID|1", b"GET / HTTP/1.1\r\n", b"\x00", b"FHS|^~\\&|"])
def test_what_does_not_begin_with_msh_is_refused(block: bytes) -> None:
    with pytest.raises(MessageRejected, match="MSH"):
        read(block)


@pytest.mark.parametrize(
    ("control_id", "type_"),
    [(b"x" * 200, b"ORU^R01"), (b"a\x00b", b"ORU^R01"), (b"a\x1bb", b"ORU^R01"), (b"ok", b"")],
)
def test_what_cannot_be_answered_exactly_is_refused(control_id: bytes, type_: bytes) -> None:
    with pytest.raises(MessageRejected):
        require(read(b"MSH|^~\\&|RIS|H1|S|Q|1||" + type_ + b"|" + control_id + b"|P|2.4"))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    for block in (raw, b"MSH|^~\\&|" + raw):
        try:
            header = read(block)
        except MessageRejected:
            continue
        assert all(isinstance(header.text(number), str) for number in range(20))
        assert isinstance(header.codec, str)
