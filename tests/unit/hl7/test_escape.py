"""Escaping: what is written is read back, and read once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.hl7.escape import escape, escape_formatted, plain, unescape
from plugin.hl7.header import DEFAULT_DELIMITERS as D
from plugin.hl7.header import Delimiters

ODD = Delimiters("#", "*", "~", "!", "$")
any_text = st.text(alphabet=st.characters(codec="utf-8"))


@given(any_text, st.sampled_from([D, ODD]))
def test_what_is_escaped_is_read_back(text: str, delimiters: Delimiters) -> None:
    assert unescape(escape(text, delimiters), delimiters) == plain(text)


# S3, S7
@given(any_text, st.sampled_from([D, ODD]))
def test_nothing_breaks_out_of_what_is_written(text: str, delimiters: Delimiters) -> None:
    for written in (escape(text, delimiters), escape_formatted(text, delimiters)):
        for char in (delimiters.field, delimiters.component, delimiters.subcomponent, delimiters.repetition):
            assert char not in written
        assert not set("\r\n\x0b\x1c\x00") & set(written)


@given(any_text)
def test_formatted_text_keeps_its_lines(text: str) -> None:
    lines = plain(text).replace("\r\n", "\n").replace("\r", "\n")
    assert unescape(escape_formatted(text, D), D) == lines


# S2
@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (r"a\C2842\b\M2442\c\M244231\d", "abcd"),
        (r"a\Zlocal\b\R\c", r"a\Zlocal\b~c"),
        (r"a\.br\b", "a\nb"),
        (r"a\.BR\b", "a\nb"),
        (r"\F\\S\\T\\R\\E\ ", "|^&~\\ "),
        (r"a\X0D\OBX|1", "a\rOBX|1"),
        (r"\X0D0A\ ", "\r\n "),
        (r"\XE5BCA0\\XE4B889\ ", "张三 "),
        (r"\XFF\ ", r"\XFF\ "),
        (r"\XEFBFBD\ ", r"\XEFBFBD\ "),
        (r"\H\bold\N\ ", "bold "),
        (r"\.sp2\x", "\n\nx"),
        (r"\.sk3\x", "   x"),
        (r"\.in+4\x", "x"),
        (r"\Zxx\ ", r"\Zxx\ "),
        (r"C:\data\x", r"C:\data\x"),
        (r"\E\F\E\ ", r"\F\ "),
        (r"\P\ ", "# "),
        ("no escape", "no escape"),
        ("trailing \\", "trailing \\"),
    ],
)
def test_sequences_are_read_once(sent: str, text: str) -> None:
    assert unescape(sent, D) == text


def test_hexadecimal_data_is_in_the_message_s_own_set() -> None:
    assert unescape(r"\XD5C5\ ", D, "gb18030") == "张 "


@given(any_text)
def test_any_text_is_unescaped_without_an_error(text: str) -> None:
    assert isinstance(unescape(text + "\\", D), str)


# S6
def test_control_characters_go_and_other_oddities_stay() -> None:
    assert plain("a\x00b\x0bc\x1cd\x1be\tf\ng\rh\x7f") == "abcde\tf\ng\rh"
    assert plain("张\u202e三\u200b") == "张\u202e三\u200b"
