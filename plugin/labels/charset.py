"""Character sets of images: does a label fit, and if not, the whole data set moved to one in which it does.

PS3.5 6.1 and PS3.3 C.12.1.1.2.  Chinese devices often declare ISO_IR 100, or nothing, and
write GB 18030 bytes; moving such texts on trust would garble them for good, so they are
refused until a person says what they are.
"""

from __future__ import annotations

import re
import warnings
from copy import copy
from functools import lru_cache
from typing import Any

from pydicom.charset import convert_encodings, decode_bytes, encode_string
from pydicom.datadict import dictionary_VR, private_dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.valuerep import PersonName

from plugin.domain.errors import InvalidInput

TEXT_VRS = frozenset({"LO", "LT", "PN", "SH", "ST", "UC", "UT"})
"""Value representations that (0008,0005) governs (PS3.5 6.1.2.2)."""

_DELIMITERS = {0x09, 0x0A, 0x0C, 0x0D, 0x5C}
# pydicom reads ISO_IR 6 as Latin-1 under the first name and ISO_IR 100 under the second.
_DEFAULT, _LATIN_1 = "iso8859", "latin_1"
_ASCII_BELOW = frozenset({_DEFAULT, _LATIN_1, "UTF8", "GB18030", "GBK"})
_GB2312, _TO_GB2312 = "iso_ir_58", b"\x1b$)A"
_HIGH = re.compile(rb"[\x80-\xff]+")


def encodings(declared: str | list[str] | None) -> list[str]:
    """Python codecs of a Specific Character Set."""
    named = declared or "ISO_IR 6"
    return list(_converted((named,) if isinstance(named, str) else tuple(named)))


@lru_cache(maxsize=64)
def _converted(declared: tuple[str, ...]) -> tuple[str, ...]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tuple(convert_encodings(list(declared)))


def encoded(text: str, codecs: list[str]) -> bytes | None:
    """`text` in `codecs`, or ``None`` when it cannot be written there without loss."""
    try:
        return text.encode("ascii" if codecs[0] == _DEFAULT else codecs[0])
    except (UnicodeEncodeError, LookupError):
        if len(codecs) == 1:
            return None
    return _encoded_with_escapes(text, codecs)


def _encoded_with_escapes(text: str, codecs: list[str]) -> bytes | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = encode_string(text, codecs)
            if _GB2312 in codecs and not value.startswith(b"\x1b"):
                # pydicom leaves the escape sequence of this set out, without which the text is lost.
                value = _TO_GB2312 + text.encode("gb2312")
        except (UnicodeError, LookupError):
            return None
    return value if decoded(value, codecs) == text else None


def decoded(value: bytes, codecs: list[str]) -> str | None:
    """Text of `value`, or ``None`` when its bytes do not belong to `codecs`."""
    if len(codecs) == 1 and codecs[0] in _ASCII_BELOW and value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")
    if len(codecs) == 1 and codecs[0] in (_DEFAULT, _LATIN_1) and misdeclared(value, codecs[0]):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return without_escapes(decode_bytes(value, codecs, _DELIMITERS))
        except (UnicodeError, LookupError, UserWarning):
            return None


def without_escapes(text: str) -> str:
    """pydicom leaves the escape sequence of GB 2312 in what it has decoded."""
    return text.replace(_TO_GB2312.decode("ascii"), "")


def needs_escapes(codecs: list[str]) -> bool:
    """Is this a set that pydicom reads but cannot write?"""
    return _GB2312 in codecs


def misdeclared(value: bytes, codec: str) -> bool:
    """Do bytes declared as ASCII or Latin-1 look like GB 18030 or UTF-8?

    ASCII has no high bytes; Western words have single ones among letters, Hanzi come in
    runs of two (GB) or three (UTF-8).
    """
    runs = _HIGH.findall(value)
    if not runs:
        return False
    if codec == _DEFAULT:
        return True
    return all(len(run) >= 2 and (len(run) % 2 == 0 or len(run) % 3 == 0) for run in runs)


def recoded(ds: Dataset, target: str = "ISO_IR 192", really: str = "") -> Dataset:
    """A copy of `ds` with all its texts in another character set.

    Parameters
    ----------
    target
        Specific Character Set to write.
    really
        What the texts truly are, when a person knows that the declaration is wrong.

    Raises
    ------
    InvalidInput
        When bytes do not belong to the declared set, or text does not fit the new one.
    """
    new = _copied(ds, encodings(really or ds.get("SpecificCharacterSet")), bool(really), target)
    new.SpecificCharacterSet = target
    if ds.original_encoding[0] is not None:
        # Elements that are still raw need no reading: their bytes are right as they stand.
        new.set_original_encoding(*ds.original_encoding, encodings(target))
    return new


def _copied(ds: Dataset, codecs: list[str], forced: bool, target: str) -> Dataset:
    new = Dataset()
    own = ds.get("SpecificCharacterSet")
    if own is not None and not forced:
        codecs = encodings(own)
    for tag in list(ds.keys()):
        if tag == 0x00080005:
            continue
        element = ds.get_item(tag)
        vr = _vr(element, ds, tag)
        if vr == "SQ":
            items = [_copied(item, codecs, forced, target) for item in ds[tag].value]
            sequence = DataElement(tag, "SQ", items)
            sequence.is_undefined_length = ds[tag].is_undefined_length
            new[tag] = sequence
        elif vr not in TEXT_VRS or not element.value:
            new[tag] = copy(element)
        else:
            raw = element.value if isinstance(element, RawDataElement) else None
            value = _text(raw, codecs, tag, vr) if raw is not None else _renewed(element.value)
            _check_fits(value, target, tag)
            new[tag] = DataElement(tag, vr, value)
    return new


def _check_fits(value: object, target: str, tag: BaseTag) -> None:
    for text in value if isinstance(value, list) else [value]:
        # ESC switches sets where code extensions are in use; in UTF-8 and GB 18030 it has no meaning.
        if "\x1b" in str(text) or encoded(str(text), encodings(target)) is None:
            raise InvalidInput(f"element {tag}", f"its text cannot be written in {target}")


def _text(value: bytes, codecs: list[str], tag: BaseTag, vr: str) -> str | list[str]:
    text = decoded(value, codecs)
    if text is None:
        raise InvalidInput(
            f"element {tag}",
            "its bytes are not in the declared character set; say what they are with --charset "
            "(GB18030, ISO_IR 192), the originals are untouched",
        )
    text = text.rstrip(" \x00")
    parts = [each.strip(" \x00") for each in text.split("\\")]
    return parts if vr not in {"LT", "ST", "UT"} and len(parts) > 1 else text


def _vr(element: DataElement | RawDataElement, ds: Dataset, tag: BaseTag) -> str:
    """What an element is; implicit VR and UN leave it to the dictionaries."""
    if element.VR and element.VR != "UN":
        return str(element.VR)
    try:
        if tag.is_private:
            return "LO" if tag.is_private_creator else private_dictionary_VR(tag, _creator(ds, tag))
        return dictionary_VR(tag)
    except KeyError:
        return "UN"


def _creator(ds: Dataset, tag: BaseTag) -> str:
    """Private creator of an element's block (PS3.5 7.8.1), empty when the device names none."""
    block = tag.group << 16 | tag.element >> 8
    return str(ds[block].value or "") if block in ds else ""


def _renewed(value: Any) -> Any:
    """Text as plain strings: a PersonName keeps the bytes it was read from, and would write them again."""
    if isinstance(value, str | PersonName):
        return str(value)
    return [str(each) for each in value]
