"""The names of character sets."""

from __future__ import annotations

import codecs

import pytest

from plugin.hl7.charset_names import _SPELLINGS, codec_of, declared_codec, utf16_codec


@pytest.mark.parametrize(
    ("spelling", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"), ("utf8", "utf-8"), ("UNICODE", "utf-8"), ("UTF_8", "utf-8"),
        ("GB 18030-2000", "gb18030"), ("GB18030", "gb18030"), ("gb-18030", "gb18030"), ("GB18030-2022", "gb18030"),
        ("GBK", "gb18030"), ("GB2312", "gb18030"), ("GB 2312-1980", "gb18030"), ("CP936", "gb18030"),
        ("ASCII", "ascii"), ("US-ASCII", "ascii"), ("8859/1", "iso8859-1"), ("ISO 8859-15", "iso8859-15"),
        ("UNICODE UTF-16", "utf-16"), ("BIG-5", "big5hkscs"), ("CHN", ""), ("USA", ""), ("AU", ""), ("764", ""),
        ("8859/12", ""), ("", ""), ("ISO IR192", "utf-8"), ("ISO IR 58", "gb18030"), ("ZHS16GBK", "gb18030"),
    ],
)  # fmt: skip
def test_spellings(spelling: str, codec: str) -> None:
    assert codec_of(spelling) == codec
    assert not codec or "x".encode(codec)


def test_what_a_name_stands_for_python_can_read() -> None:
    for codec in {*_SPELLINGS.values(), *(codec_of(f"8859/{part}") for part in range(1, 17))} - {""}:
        codecs.lookup(codec)
    assert codec_of("CNS 11643-1992") == "", (
        "EUC-TW has no decoder here: it is guessed at like any unknown name"
    )


def test_a_multi_byte_repetition_wins_and_msh_17_is_only_asked_last() -> None:
    assert declared_codec("ASCII~GB 18030-2000", "") == "gb18030"
    assert declared_codec("", "GB2312") == "gb18030"
    assert declared_codec("UNICODE UTF-8", "GB2312") == "utf-8"
    assert declared_codec("", "CHN") == ""


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("head", ["MSH|", "FHS|", "BHS|"])
def test_utf16_shows_in_the_first_bytes(head: str, codec: str) -> None:
    raw = head.encode(codec)
    assert utf16_codec(raw) == utf16_codec(raw[:2]) == codec


def test_a_nul_before_msh_is_no_utf16() -> None:
    assert utf16_codec(b"\0MSH|") == utf16_codec(b"M\0SH|") == ""
