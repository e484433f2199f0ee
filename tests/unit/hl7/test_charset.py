"""Character sets: right text, marked guesses, or a refusal; never U+FFFD."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from plugin.domain.errors import MessageRejected
from plugin.hl7.charset import decode, decode_as

CHINESE = (
    "MSH|^~\\&|RIS\rPID|1||P1||张三\rOBX|1|TX|GDT||双肺纹理增多，右肺上叶见磨玻璃结节，大小约6mm×5mm。\r"
)
RARE = "PID|||P1||𠮷龘㐀\r"


# R25
@pytest.mark.parametrize(
    ("sent", "declared", "codec", "guessed"),
    [
        ("utf-8", "utf-8", "utf-8", False),
        ("gb18030", "gb18030", "gb18030", False),
        ("gb18030", "utf-8", "gb18030", True),
        ("utf-8", "gb18030", "utf-8", True),
        ("gb18030", "ascii", "gb18030", True),
        ("utf-8", "ascii", "utf-8", True),
        ("gb18030", "iso8859-1", "gb18030", True),
        ("utf-8", "iso8859-1", "utf-8", True),
        ("gb18030", "", "gb18030", True),
        ("utf-8", "", "utf-8", True),
        ("utf-8-sig", "utf-8", "utf-8", False),
        ("utf-8-sig", "", "utf-8", False),
        ("utf-8-sig", "gb18030", "utf-8", True),
        ("utf-16", "utf-16", "utf-16", False),
        ("utf-16", "", "utf-16", True),
        ("utf-16-le", "utf-8", "utf-16-le", True),
        ("utf-16-be", "utf-16", "utf-16-be", False),
    ],
)
def test_chinese_in_any_set_declared_rightly_wrongly_or_not(
    sent: str, declared: str, codec: str, guessed: bool
) -> None:
    decoded = decode(CHINESE.encode(sent), declared)
    assert decoded.text == CHINESE
    assert (decoded.codec, decoded.guessed) == (codec, guessed)


@pytest.mark.parametrize("name", ["Müller^José", "Ñandú^Ærø", "Kiefer^Gisela geb. Groß"])
def test_latin_names_stay_latin(name: str) -> None:
    text = f"MSH|^~\\&|X\rPID|||1||{name}\r"
    assert decode(text.encode("latin-1"), "iso8859-1").text == text
    assert decode(text.encode("utf-8"), "iso8859-1").text == text, "UTF-8 sent as 8859/1 is put right"


# R26
@pytest.mark.parametrize("declared", ["gb18030", "", "utf-8"])
def test_rare_names_survive_in_four_bytes(declared: str) -> None:
    sent = RARE.encode("gb18030")
    assert decode(sent, declared).text == RARE


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=40))
def test_declared_gb18030_comes_back_as_sent(text: str) -> None:
    assume("锟斤拷" not in text)
    # What is declared is doubted only when another reading is far more plausible.
    decoded = decode(text.encode("gb18030"), "gb18030")
    assert decoded.text == text or decoded.guessed


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\ufffd\ufeff"), max_size=60))
def test_declared_utf8_comes_back_as_sent(text: str) -> None:
    sent = ("MSH|" + text).encode()
    decoded = decode(sent, "utf-8")
    assert decoded.text == "MSH|" + text or decoded.guessed


@given(st.binary(max_size=80), st.sampled_from(["utf-8", "gb18030", "ascii", "iso8859-1", ""]))
def test_any_bytes_are_decoded_whole_or_refused(raw: bytes, declared: str) -> None:
    try:
        decoded = decode(raw, declared)
    except MessageRejected as rejected:
        assert (rejected.ack_code, rejected.err_code) == ("AE", "102")
    else:
        assert "\ufffd" not in decoded.text


def test_a_character_that_was_lost_before_it_was_sent_is_refused() -> None:
    with pytest.raises(MessageRejected, match=r"U\+FFFD"):
        decode("PID|||1||张\ufffd".encode(), "utf-8")


def test_what_a_lost_character_became_in_gbk_is_refused_too() -> None:
    """U+FFFD twice in UTF-8, read as GBK by a system on the way: 锟斤拷."""
    lost = "OBX|1|TX|GDT||左肺".encode("gb18030") + "\ufffd\ufffd".encode()
    for sent, declared in ((lost, "gb18030"), (lost.decode("gb18030").encode(), "utf-8")):
        with pytest.raises(MessageRejected, match="锟斤拷"):
            decode(sent, declared)


@pytest.mark.parametrize("declared", ["gb18030", "", "utf-8"])
def test_a_part_in_another_set_is_refused_and_named(declared: str) -> None:
    head, text = "MSH|^~\\&|RIS\rPID|1||P1||张三\rOBX|1|TX|GDT||", "双肺未见异常。||||||F"
    rest = "\rOBX|2|TX|IMP||右肺上叶磨玻璃结节，大小约6mm，建议随访复查，必要时增强扫描；余肺未见明显异常。\r"
    with pytest.raises(MessageRejected) as caught:
        decode(head.encode("gb18030") + text.encode() + rest.encode("gb18030"), declared)
    assert caught.value.err_code == "102"
    if declared != "utf-8":
        assert (caught.value.location, "GB18030" in caught.value.text) == ("OBX^1", True)


def test_a_person_cannot_choose_mojibake() -> None:
    sent = "OBX|1|TX|GDT||双肺未见异常。|F\r".encode()
    assert sent.decode("gb18030"), "no error, and no sense"
    with pytest.raises(MessageRejected, match="UTF-8"):
        decode_as(sent, "gb18030")
    assert decode_as(CHINESE.encode("gb18030"), "gb18030").text == CHINESE


def test_halves_of_a_rare_character_are_joined_and_marked() -> None:
    """CESU-8, as a database that calls it UTF8 sends names."""
    halves = "𠮷".encode("utf-16-be")
    cesu = b"".join(
        chr(int.from_bytes(halves[at : at + 2])).encode("utf-8", "surrogatepass") for at in (0, 2)
    )
    for declared in ("utf-8", "gb18030", ""):
        decoded = decode(b"PID|1||P1||" + cesu + "三丰\r".encode(), declared)
        assert (decoded.text, decoded.guessed) == ("PID|1||P1||𠮷三丰\r", True)


def test_undecodable_bytes_say_what_was_tried() -> None:
    with pytest.raises(MessageRejected, match="utf-8, gb18030"):
        decode(b"MSH|\xff\xff\xff|\x80\x81", "utf-8")


@pytest.mark.parametrize("declared", ["utf-8", "gb18030", "", "iso8859-1", "ascii"])
@pytest.mark.parametrize("damage", [b"\xed\xa0\x80", b"\xff", b"\xe5\xbc", b"\xbc"])
def test_utf8_that_was_damaged_on_the_way_is_not_read_as_mojibake(damage: bytes, declared: str) -> None:
    sent = CHINESE.encode().replace("张三".encode(), "张".encode() + damage)
    with pytest.raises(MessageRejected):
        decode(sent, declared)


def test_the_profile_names_the_set_of_senders_that_declare_none() -> None:
    sent = "PID|||1||張三".encode("big5hkscs")
    assert decode(sent, "", "big5hkscs").text == "PID|||1||張三"
