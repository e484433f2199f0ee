"""From bytes to text without a guess that is not marked, and never through U+FFFD.

MSH-18 (HL7 table 0211) says which character set a message is in; in the field it is
spelt in many ways, stands in MSH-17, is missing, or is wrong.  What it declares is decoded
strictly.  Where that fails, or where another reading is far more plausible, the plausible
others are tried, and the result says that it was guessed.
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from plugin.hl7.charset_names import utf16_codec
from plugin.hl7.refusals import refusal

_COMMON_HANZI = re.compile(r"[\u4e00-\u9fa5]")
_UTF8_BOM = codecs.BOM_UTF8
_UTF8_HANZI = re.compile(rb"[\xe2-\xef][\x80-\xbf]{2}")
_UTF8_RUN = re.compile(rb"(?:[\xe4-\xe9][\x80-\xbf]{2}){4}")
"""Four Hanzi of UTF-8 in a row: twelve bytes that no text in GB18030 has by chance."""
_LOST = ("\ufffd", "锟斤拷")
"""What stands where characters were lost: U+FFFD, and two of them in UTF-8 that were read as GBK."""
_SEGMENT = re.compile(rb"[A-Z][A-Z0-9]{2}")
_ASCII = bytes(range(128))
_SPACES = {"\u3000", "\u00a0", "\u00b7"}


class Decoded(NamedTuple):
    """A message as text.

    Parameters
    ----------
    codec
        Python's name of the codec that decoded it and that answers are written in.
    guessed
        The sender did not declare this codec, or declared another one.
    """

    text: str
    codec: str
    guessed: bool


def decode(raw: bytes, declared: str, preferred: str = "") -> Decoded:
    """Decode one message.

    Parameters
    ----------
    declared
        Codec that the header declares, or empty.
    preferred
        Codec of the sender's profile, for a header that declares none.

    Raises
    ------
    MessageRejected
        ``AE`` 102 when no plausible codec decodes all bytes, when a part of them is in another one,
        or when the text holds U+FFFD, which means that characters were lost before it was sent.
    """
    if declared == "utf-8" and raw.startswith(b"MSH"):
        # What most senders do, and nothing is left to doubt.
        text = _strict(raw, declared)
        if text is not None and _is_beyond_chance(raw, text):
            return _whole(Decoded(text, declared, False))
    found = _decode(raw, declared, preferred)
    if found is None:
        codecs_tried = ", ".join(dict.fromkeys(c for c in (declared, preferred, "utf-8", "gb18030") if c))
        raise refusal("undecodable", "MSH^1^18", declared=declared or "-", tried=codecs_tried)
    return _whole(_of_one_set(raw, found))


def decode_as(raw: bytes, codec: str) -> Decoded:
    """Decode with the codec that a person chose: strictly, and without trying others.

    Raises
    ------
    MessageRejected
        As :func:`decode` does.
    """
    text = _strict(raw, codec)
    if text is None:
        raise refusal("undecodable", "MSH^1^18", declared=codec, tried=codec)
    return _whole(_of_one_set(raw, Decoded(text.lstrip("\ufeff"), codec, False)))


def _of_one_set(raw: bytes, found: Decoded) -> Decoded:
    """Refuse what GB18030 decodes without an error though a part of it, or all, is UTF-8."""
    if found.codec == "gb18030" and (other := _UTF8_RUN.search(raw)):
        raise refusal("mixed_charsets", _segment_of(raw, other.start()), byte=str(other.start()))
    return found


def _whole(found: Decoded) -> Decoded:
    for lost in _LOST:
        if lost in found.text:
            shown = "U+FFFD" if lost == "\ufffd" else lost
            raise refusal(
                "replacement_character", "MSH^1^18", position=str(found.text.index(lost)), found=shown
            )
    return found


def _segment_of(raw: bytes, at: int) -> str:
    """``OBX^2``: the segment that a byte stands in; empty when what it stands in is none."""
    lines = re.split(rb"[\r\n]+", raw[:at])
    name = lines[-1][:3]
    if not _SEGMENT.fullmatch(name):
        return ""
    return f"{name.decode('ascii')}^{sum(line[:3] == name for line in lines)}"


def _decode(raw: bytes, declared: str, preferred: str) -> Decoded | None:
    if raw.startswith(_UTF8_BOM):
        text = _strict(raw[3:], "utf-8")
        return Decoded(text, "utf-8", declared not in ("utf-8", "")) if text is not None else None
    if wide := utf16_codec(raw):
        text = _strict(raw, wide)
        guessed = not declared.startswith("utf-16")
        return Decoded(text.lstrip("\ufeff"), wide, guessed) if text is not None else None
    if raw.isascii():
        return Decoded(raw.decode("ascii"), declared if _ascii_based(declared) else "utf-8", False)
    if declared.startswith("utf-16"):
        # Declared, but the first bytes are those of a byte-wise set.
        declared = ""
    if declared == "utf-8" and (text := _strict(raw, declared)) is not None:
        return _second_thoughts(raw, Decoded(text, declared, False))
    if (text := _surrogates_joined(raw)) is not None:
        return Decoded(text, "utf-8", True)
    if _is_damaged_utf8(raw):
        # GB18030 and 8859 would make mojibake of it without an error.
        return None
    if declared and (text := _strict(raw, declared)) is not None:
        return _second_thoughts(raw, Decoded(text, declared, False))
    for codec in dict.fromkeys((preferred, "utf-8", "gb18030")):
        if codec and codec != declared and (text := _strict(raw, codec)) is not None:
            return _second_thoughts(raw, Decoded(text, codec, True))
    return None


def _surrogates_joined(raw: bytes) -> str | None:
    """CESU-8, the ``UTF8`` of Oracle: a rare character as two halves of three bytes each."""
    if b"\xed" not in raw:
        return None
    try:
        halves = raw.decode("utf-8", "surrogatepass")
        return halves.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
    except UnicodeDecodeError:
        return None


def _is_damaged_utf8(raw: bytes) -> bool:
    """Nearly all of it is UTF-8 of Chinese, and some of it is not: a character was cut or replaced on the way.

    In GBK three bytes that look like a Chinese character of UTF-8 come together now and then,
    never through a whole text.
    """
    foreign = len(raw.translate(None, _ASCII))
    if foreign < 9 or 3 * len(_UTF8_HANZI.findall(raw)) < 0.7 * foreign:
        return False
    return _strict(raw, "utf-8") is None


def _ascii_based(codec: str) -> bool:
    return bool(codec) and not codec.startswith("utf-16") and codec != "hz"


def _second_thoughts(raw: bytes, first: Decoded) -> Decoded:
    """Some codecs decode nearly anything; see whether another one reads far better.

    GB18030 turns most UTF-8 into rare characters without an error, and 8859 takes every
    byte.  UTF-8 and ASCII fail at once on anything else and are believed.
    """
    readings = [(codec, text) for codec in _rivals(raw, first) if (text := _strict(raw, codec)) is not None]
    if not readings:
        return first
    best, best_score = first, _plausibility(first.text)
    for codec, text in readings:
        score = _plausibility(text)
        if score > best_score + 0.3:
            best, best_score = Decoded(text, codec, True), score
    return best


def _rivals(raw: bytes, first: Decoded) -> tuple[str, ...]:
    if first.codec == "utf-8" and _is_beyond_chance(raw, first.text):
        return ("gb18030",) if first.guessed else ()
    if first.codec in ("utf-8", "ascii"):
        # GBK words of two characters (联通) can be valid UTF-8 by chance; a sentence cannot.
        return ("gb18030",) if first.guessed or len(raw.translate(None, _ASCII)) <= 8 else ()
    return ("utf-8",) if first.codec == "gb18030" else ("utf-8", "gb18030")


def _is_beyond_chance(raw: bytes, text: str) -> bool:
    """Whether so much that is not ASCII was read as UTF-8 that it can be nothing else.

    Each such character is longer in bytes: there are more than eight bytes of them.
    """
    return len(raw) - len(text) > 8


def _plausibility(text: str) -> float:
    """Share of the non-ASCII characters that Chinese medical text or Latin names really use."""
    foreign = [c for c in text if c > "\x7f"]
    if not foreign:
        return 1.0
    hanzi = 0.0
    for char in foreign:
        hanzi += _weight(char)
    # A Latin letter beside ASCII letters is a name (Müller); a run of them is mojibake.
    runs = re.findall(r"[\u00a0-\u024f]{2,}", text)
    hanzi -= sum(len(run) for run in runs) * 0.6
    return hanzi / len(foreign)


def _weight(char: str) -> float:
    if _COMMON_HANZI.match(char):
        try:
            lead = char.encode("gb2312")[0]
        except UnicodeEncodeError:
            return 0.3
        # GB 2312 level 1 (rows 16 to 55) holds the common characters, level 2 the rest.
        return 1.0 if lead <= 0xD7 else 0.5
    if "\uff00" <= char <= "\uffef" or "\u3000" <= char <= "\u303f" or "\u2010" <= char <= "\u22ff":
        return 1.0
    if "\u00c0" <= char <= "\u024f" or char in _SPACES or "\u00b0" <= char <= "\u00b5" or char in "×÷±":
        return 0.9
    if char >= "\U00020000" or "\u3400" <= char <= "\u4dbf" or "\u9fa6" <= char <= "\u9fff":
        return 0.3
    return 0.2


def _strict(raw: bytes, codec: str) -> str | None:
    try:
        return raw.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return None
