"""Acknowledgements: modes, exact bytes, ERR in both forms, the sender's charset."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.errors import MessageRejected
from plugin.hl7.acknowledgment import acknowledge
from plugin.hl7.header import read
from plugin.hl7.reader import Message, Segment
from plugin.hl7.refusals import HL70357, REFUSALS, refusal

NOW = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)


def block(
    *, version: str = "2.5.1", mode: str = "|", charset: str = "UNICODE UTF-8", control_id: str = "ID1"
) -> str:
    return f"MSH|^~\\&|RIS|放射科|SIGN&G|QC|20260601||ORU^R01^ORU_R01|{control_id}|P|{version}|||{mode}||{charset}\r"


def ack(raw: bytes, rejected: MessageRejected | None = None, **more: object) -> bytes | None:
    return acknowledge(read(raw), rejected, now=NOW, control_id="A1", **more)


def segments(answer: bytes | None, codec: str = "utf-8") -> dict[str, Segment]:
    assert answer is not None
    return {segment.name: segment for segment in Message(answer.decode(codec)).segments}


def test_an_accepted_message() -> None:
    found = segments(ack(block().encode()))
    head = found["MSH"]
    assert [head.field(n) for n in range(3, 7)] == ["SIGN&G", "QC", "RIS", "放射科"], "parties turned round"
    assert head.field(9) == "ACK^R01^ACK"
    assert (head.field(10), head.field(11), head.field(12)) == ("A1", "P", "2.5.1")
    assert head.field(18) == "UNICODE UTF-8"
    assert found["MSA"].raw == "MSA|AA|ID1"
    assert "ERR" not in found


def test_a_refused_message_from_v2_5_on() -> None:
    rejected = refusal(
        "no_field", "PID^1^3", field="PID-3", meaning="患者标识", meaning_en="patient identifier"
    )
    found = segments(ack(block().encode(), rejected))
    assert found["MSA"].field(1) == "AE"
    err = found["ERR"]
    assert err.field(2) == "PID^1^3"
    assert err.field(3) == "101^Required field missing^HL70357"
    assert err.field(4) == "E"
    assert err.field(7) == "PID-3 is missing (patient identifier)"
    assert err.field(8) == "PID-3 缺失(患者标识) / PID-3 is missing (patient identifier)"


def test_a_refused_message_before_v2_5() -> None:
    found = segments(ack(block(version="2.3").encode(), refusal("no_segment", "PID^1", segment="PID")))
    assert found["MSH"].field(9) == "ACK^R01"
    assert found["ERR"].raw == "ERR|PID^1^^100&Segment sequence error&HL70357"
    assert "PID" in found["MSA"].field(3)


# R25: the answer is in the sender's own character set
@pytest.mark.parametrize("codec", ["utf-8", "gb18030", "utf-16", "utf-16-be"])
def test_the_answer_is_in_the_sender_s_set(codec: str) -> None:
    charset = {"gb18030": "GB 18030-2000"}.get(codec, "UNICODE UTF-8")
    answer = ack(block(charset=charset).encode(codec), refusal("no_msh"))
    found = segments(answer, codec) if codec != "utf-16" else segments(answer.decode("utf-16").encode())  # type: ignore[union-attr]
    assert found["MSH"].field(6) == "放射科"
    assert "消息不以 MSH 开头" in found["ERR"].value(8)


def test_a_sender_that_knows_only_ascii_is_answered_in_english() -> None:
    raw = block(charset="ASCII").replace("放射科", "RAD").encode()
    assert (
        segments(ack(raw, refusal("no_msh")), "ascii")["ERR"].field(8) == "the block does not begin with MSH"
    )


@pytest.mark.parametrize("control_id", ["a&b~c", " 7 ", "\\X41\\", "张三", "RIS^1"])
def test_msa_2_is_the_control_id_byte_for_byte(control_id: str) -> None:
    for codec in ("utf-8", "gb18030"):
        answer = ack(block(control_id=control_id).encode(codec))
        assert answer is not None
        assert b"\rMSA|AA|" + control_id.encode(codec) + b"\r" in answer


def test_the_answer_uses_the_sender_s_delimiters() -> None:
    raw = b"MSH#*~\\$#RIS#H1#S#Q#20260601##ORU*R01#I|D#P#2.5\r"
    answer = ack(raw, refusal("no_segment", "PID^1", segment="P#D"))
    assert answer is not None
    lines = answer.decode().split("\r")
    assert lines[0].startswith("MSH#*~\\$#S#Q#RIS#H1#")
    assert lines[1] == "MSA#AE#I|D#缺少 P\\F\\D 段 / segment P\\F\\D is missing"
    assert lines[2].startswith("ERR##PID*1#100*Segment sequence error*HL70357#E")


@pytest.mark.parametrize(
    ("mode", "accepted", "refused"),
    [
        ("|", "AA", "AE"),
        ("AL|AL", "AA", "AE"),
        ("AL|NE", "CA", "CE"),
        ("AL|", "CA", "CE"),
        ("NE|AL", "AA", "AE"),
        ("|AL", "AA", "AE"),
        ("NE|NE", None, "AE"),
        ("NE|", "AA", "AE"),
        ("|NE", "AA", "AE"),
        ("ER|NE", None, "CE"),
        ("NE|ER", None, "AE"),
        ("SU|NE", "CA", "AE"),
        ("ER|ER", None, "AE"),
    ],
)
def test_modes(mode: str, accepted: str | None, refused: str | None) -> None:
    raw = block(mode=mode).encode()
    for rejected, code in ((None, accepted), (refusal("no_control_id"), refused)):
        answer = ack(raw, rejected)
        assert (segments(answer)["MSA"].field(1) if answer else None) == code
        always = ack(raw, rejected, always=True)
        assert segments(always)["MSA"].field(1) == (code or ("AE" if rejected else "AA"))


def test_a_block_without_a_header_is_answered_all_the_same() -> None:
    found = segments(acknowledge(None, refusal("no_msh"), now=NOW, control_id="A1"))
    assert found["MSA"].field(1) == "AR"
    assert found["MSA"].field(2) == ""


# S3
def test_frame_and_segment_characters_of_the_sender_do_not_come_back() -> None:
    raw = b"MSH|^~\\&|R\x0bIS|H\x1c1|S|Q|1||ORU^R01|ID1|P|2.5\r"
    answer = ack(raw, MessageRejected("AE", "207", "", "a\rMSA|AA|b\x1c\x0b"))
    assert answer is not None
    assert not {0x0B, 0x1C} & set(answer)
    assert answer.count(b"\r") == 3


def test_an_answer_is_in_one_character_set_even_when_the_sender_s_is_broken() -> None:
    raw = b"MSH|^~\\&|R\xff\xffS|H1|S|Q|1||ORU^R01|1|P|2.5\r"
    answer = ack(raw, refusal("undecodable", "MSH^1^18", declared="-", tried="utf-8"))
    assert answer is not None
    assert b"R\xff\xffS" in answer
    assert answer.replace(b"R\xff\xffS", b"").isascii()


def test_the_table_of_refusals_is_sound() -> None:
    for name, (ack_code, err_code, chinese, english) in REFUSALS.items():
        assert ack_code in ("AE", "AR"), name
        assert err_code in HL70357, name
        assert chinese and english.isascii(), name


def test_values_from_the_wire_are_shown_short_and_without_control_characters() -> None:
    text = refusal("message_type", found="A\x1b[31m" + "x" * 500, known="ORU").text
    assert "\x1b" not in text and len(text) < 300


def test_the_answer_bears_the_hospital_s_clock() -> None:
    answer = acknowledge(None, None, now=NOW, control_id="A1", zone=ZoneInfo("Asia/Shanghai"))
    assert answer is not None and b"|20260601093000+0800|" in answer


def test_a_refusal_of_a_journey_is_said_in_english_to_who_reads_no_chinese() -> None:
    rejected = MessageRejected("AE", "205", "MSH^1^10", "消息控制 ID 已用过 / control ID was used")
    head = read(b"MSH|^~\\&|RIS|H1|S|Q|1||ORU^R01|1|P|2.5||||||ASCII\r")
    answer = acknowledge(head, rejected, now=NOW, control_id="A1")
    assert answer is not None and answer.isascii()
    assert b"MSA|AE|1|control ID was used" in answer and b"|E|||control ID was used|" in answer


@pytest.mark.parametrize("version", ["2.4", "2.5.1"])
def test_a_place_that_the_sender_made_up_breaks_neither_frame_nor_segment(version: str) -> None:
    rejected = MessageRejected("AE", "102", "\x0b|\r\ufffd^1", "too many fields")
    answer = ack(block(version=version, charset="GB18030").encode("gb18030"), rejected)
    assert answer is not None and b"\x0b" not in answer
    assert [segment.name for segment in Message(answer.decode("gb18030")).segments] == ["MSH", "MSA", "ERR"]
    assert segments(answer, "gb18030")["ERR"].length == (1 if version == "2.4" else 8)
