"""The mark after the institution's name: (0008,0080) InstitutionName, VR LO.

Nothing else changes: a file is spliced as bytes, so pixel data, transfer syntax, private
elements and oddities stay what they were.  Only where a mark in Hanzi meets a character
set without Hanzi is the data set written anew, in UTF-8 or GB 18030.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Literal

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from plugin.domain.errors import InvalidInput
from plugin.kit.registry import Options
from plugin.labels.charset import decoded, encoded, encodings, needs_escapes, recoded, without_escapes
from plugin.labels.context import Stamping, shallow, value
from plugin.labels.encoded import DEFLATED, Encoding, Place, deflate, inflate, replaced, survey
from plugin.labels.text import Mark, with_mark, without_mark

INSTITUTION_NAME, CHARACTER_SET = 0x00080080, 0x00080005

# Bytes that cannot be read stand as characters of this block while the mark is put after them.
_OPAQUE = 0x4E00


class InstitutionOptions(Options):
    """`charset`: what a data set is moved to when its own has no Hanzi; `really`: what its texts truly are."""

    charset: Literal["ISO_IR 192", "GB18030"] = "ISO_IR 192"
    really: str = ""


def apply(
    options: InstitutionOptions, datasets: Sequence[Dataset], mark: Mark, stamping: Stamping
) -> list[Dataset]:
    """Copies of `datasets` with the mark; identifiers and pixel data are those of the originals.

    Raises
    ------
    InvalidInput
        When the images name several hospitals, none, another one, or one too long.
    """
    names = {without_mark(institution_name(ds), mark) for ds in datasets}
    if len(names - {""}) > 1 and not mark.institution:
        listed = "、".join(sorted(names - {""}))
        raise InvalidInput(
            "InstitutionName", f"the images are of several hospitals ({listed}); give --institution"
        )
    name = next(iter(names - {""}), mark.institution)
    return [_renamed(options, ds, with_mark(institution_name(ds) or name, mark)) for ds in datasets]


def withdraw(options: InstitutionOptions, datasets: Sequence[Dataset], mark: Mark) -> list[Dataset]:
    """Copies without any region's mark; the rest of the name stays."""
    return [_renamed(options, ds, without_mark(institution_name(ds), mark)) for ds in datasets]


def institution_name(ds: Dataset) -> str:
    """InstitutionName (0008,0080), empty when it is absent."""
    return without_escapes(str(value(ds, "InstitutionName") or ""))


def _renamed(options: InstitutionOptions, ds: Dataset, name: str) -> Dataset:
    codecs = encodings(ds.get("SpecificCharacterSet"))
    if options.really or needs_escapes(codecs) or encoded(name, codecs) is None:
        copy = recoded(ds, options.charset, options.really)
        if hasattr(ds, "file_meta"):
            copy.file_meta = ds.file_meta
    else:
        copy = shallow(ds)
    copy[INSTITUTION_NAME] = DataElement(INSTITUTION_NAME, "LO", name)
    return copy


def stamp_encoded(options: InstitutionOptions, data: bytes, transfer_syntax_uid: str, mark: Mark) -> bytes:
    """Stamp an encoded data set (without preamble and file meta), as a gateway holds it.

    Raises
    ------
    InvalidInput
        As :func:`apply`, and when `data` are no data set.
    """
    return EncodedName.find(options, data, transfer_syntax_uid).stamped(mark)


def withdraw_encoded(options: InstitutionOptions, data: bytes, transfer_syntax_uid: str, mark: Mark) -> bytes:
    """The encoded data set without any region's mark."""
    return EncodedName.find(options, data, transfer_syntax_uid).withdrawn(mark)


@dataclass(frozen=True, slots=True)
class EncodedName:
    """InstitutionName of an encoded data set, found once: to be read, and to be changed.

    Parameters
    ----------
    data
        As it came.
    plain
        Inflated, where the transfer syntax deflates.
    places
        Elements as far as the name, or where it would stand.
    codecs
        What texts of the data set are declared, or known, to be in.
    """

    options: InstitutionOptions
    data: bytes
    plain: bytes
    encoding: Encoding
    places: dict[int, Place]
    codecs: list[str]

    @classmethod
    def find(cls, options: InstitutionOptions, data: bytes, transfer_syntax_uid: str) -> EncodedName:
        """Find the name.

        Raises
        ------
        InvalidInput
            When `data` are no data set.
        """
        plain = inflate(data) if transfer_syntax_uid == DEFLATED else data
        encoding = Encoding.of(transfer_syntax_uid)
        places = survey(plain, encoding, until=INSTITUTION_NAME)
        charset = _value(plain, places, CHARACTER_SET).decode("ascii", "replace")
        declared = [each.strip() for each in charset.split("\\")]
        codecs = encodings(options.really or (declared if any(declared) else None))
        return cls(options, data, plain, encoding, places, codecs)

    @property
    def text(self) -> str:
        """The name; bytes that cannot be read stand for themselves (Latin-1)."""
        current = _value(self.plain, self.places, INSTITUTION_NAME)
        name = decoded(current, self.codecs)
        return current.decode("latin-1") if name is None else name

    def stamped(self, mark: Mark) -> bytes:
        """The data set with the mark after the name; errors as of :func:`apply`."""
        return self._changed(lambda name: with_mark(name, mark))

    def withdrawn(self, mark: Mark) -> bytes:
        """The data set without any region's mark."""
        return self._changed(lambda name: without_mark(name, mark))

    def _changed(self, change: Callable[[str], str]) -> bytes:
        changed = self._spliced(change)
        if changed is self.plain:
            return self.data
        return changed if self.plain is self.data else deflate(changed)

    def _spliced(self, change: Callable[[str], str]) -> bytes:
        current = _value(self.plain, self.places, INSTITUTION_NAME)
        name = decoded(current, self.codecs)
        if name is None:
            return self._spliced_unread(current, change)
        changed = change(name)
        if changed == name:
            return self.plain
        kept = changed.startswith(name) and changed[len(name) :].isascii()
        value = current + changed[len(name) :].encode("ascii") if kept else encoded(changed, self.codecs)
        if value is None or (self.options.really and not changed.isascii()):
            return _written_anew(self.options, self.plain, self.encoding, changed)
        return self._with(value)

    def _spliced_unread(self, current: bytes, change: Callable[[str], str]) -> bytes:
        """A name in bytes that its declaration does not explain: ASCII after it needs no reading."""
        try:
            changed = change("".join(chr(byte if byte < 0x80 else _OPAQUE + byte) for byte in current))
            value = bytes(ord(each) if ord(each) < 0x80 else ord(each) - _OPAQUE for each in changed)
        except (InvalidInput, ValueError):
            raise InvalidInput(
                "InstitutionName",
                "its bytes are not in the declared character set; say what they are with --charset "
                "(GB18030, ISO_IR 192)",
            ) from None
        return self.plain if value == current else self._with(value)

    def _with(self, value: bytes) -> bytes:
        return replaced(self.plain, self.encoding, self.places, INSTITUTION_NAME, b"LO", value)


def _value(data: bytes, places: dict[int, Place], tag: int) -> bytes:
    """Bytes of a text of the top level without padding, empty when it is absent."""
    place = places.get(tag)
    return data[place.value : place.end].rstrip(b" \x00") if place else b""


def _written_anew(options: InstitutionOptions, data: bytes, encoding: Encoding, name: str) -> bytes:
    ds = read_dataset(BytesIO(data), not encoding.explicit, encoding.little)
    copy = recoded(ds, options.charset, options.really)
    copy[INSTITUTION_NAME] = DataElement(INSTITUTION_NAME, "LO", name)
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = encoding.little, not encoding.explicit
    write_dataset(buffer, copy)
    return buffer.getvalue()
