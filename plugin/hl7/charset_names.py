"""What senders call character sets, and which set a message shows by its first bytes.

MSH-18 (HL7 table 0211) is spelt in many ways, and what it says stands in MSH-17 now and then.
"""

from __future__ import annotations

import re

_SPELLINGS = {
    "UTF8": "utf-8",
    "UNICODEUTF8": "utf-8",
    "UNICODE": "utf-8",
    "ISO10646": "utf-8",
    "UTF16": "utf-16",
    "UNICODEUTF16": "utf-16",
    "UCS2": "utf-16",
    "UTF16LE": "utf-16-le",
    "UTF16BE": "utf-16-be",
    "ISOIR192": "utf-8",
    "AL32UTF8": "utf-8",
    "GB18030": "gb18030",
    "GB180302000": "gb18030",
    "GB180302005": "gb18030",
    "GB180302022": "gb18030",
    "GBK": "gb18030",
    "CP936": "gb18030",
    "MS936": "gb18030",
    "WINDOWS936": "gb18030",
    "GB2312": "gb18030",
    "GB23121980": "gb18030",
    "GB231280": "gb18030",
    "EUCCN": "gb18030",
    "ISOIR58": "gb18030",
    "ZHS16GBK": "gb18030",
    "HZGB2312": "hz",
    "BIG5": "big5hkscs",
    "ASCII": "ascii",
    "USASCII": "ascii",
    "ANSIX34": "ascii",
    "ISO646": "ascii",
    "ISOIR6": "ascii",
}
"""MSH-18 without blanks and punctuation, to the codec that reads it.

GBK and GB2312 are subsets of GB18030, so its decoder reads them; a four-byte character in
a message that declares GBK is read as well.
"""

_LATIN = re.compile(r"(?:ISO|ISOIR)?8859(1[0-6]|[1-9])(?:\d{4})?$")
_UTF16_HEADS = {
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
    **{bytes((head, 0)): "utf-16-le" for head in b"MFB"},
    **{bytes((0, head)): "utf-16-be" for head in b"MFB"},
}
"""A byte order mark, or the first letter of MSH, FHS and BHS with the zero beside it."""


def codec_of(declared: str) -> str:
    """Codec of one spelling of a character set, empty when it names none (``CHN`` is a country).

    >>> codec_of("GB 18030-2000"), codec_of("8859/15"), codec_of("CHN")
    ('gb18030', 'iso8859-15', '')
    """
    spelling = re.sub(r"[^A-Z0-9]", "", declared.upper())
    if latin := _LATIN.match(spelling):
        # ISO 8859-12 was never published.
        return "" if latin[1] == "12" else f"iso8859-{latin[1]}"
    return _SPELLINGS.get(spelling, "")


def declared_codec(msh_18: str, msh_17: str) -> str:
    """Codec that a header declares: MSH-18, its later repetitions for multi-byte sets, or MSH-17 misused for it."""
    named = [codec_of(part) for part in msh_18.split("~")]
    wide = [codec for codec in named if codec and codec != "ascii" and not codec.startswith("iso8859")]
    return next(iter([*wide, *filter(None, named)]), "") or codec_of(msh_17)


def utf16_codec(raw: bytes) -> str:
    """The UTF-16 codec that the first bytes of a message show, or empty.

    A NUL that stands before MSH by mistake is no half of a letter: then the next letter has none.
    """
    found = _UTF16_HEADS.get(raw[:2], "")
    zero = {"utf-16-be": 2, "utf-16-le": 3}.get(found)
    return "" if zero is not None and len(raw) > zero and raw[zero] else found
