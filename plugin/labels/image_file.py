"""An image read from a file and written to one (PS3.10 7): what nobody asks for is not taken apart.

pydicom makes several objects for each element that it reads or writes: a CT slice of 280
elements costs a quarter of what its codec costs, and a copy that bears a label differs from
its source in fifteen.  Here such elements are stepped over, and go out as they came in;
what is asked for, or was changed, is decoded and encoded by pydicom as ever.
"""

from __future__ import annotations

import struct
from io import BytesIO

from pydicom import dcmread
from pydicom.charset import default_encoding
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.errors import InvalidDicomError
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID

from plugin.domain.errors import InvalidInput
from plugin.labels.charset import encodings
from plugin.labels.encoded import BIG_ENDIAN, DEFLATED, IMPLICIT, Encoding, has_long_length, survey
from plugin.labels.part10 import PREAMBLE, split

_CHARACTER_SET, _PIXEL_DATA = BaseTag(0x00080005), BaseTag(0x7FE00010)
_VERSION = b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01"
_META = {0x00020002, 0x00020003, 0x00020010, 0x00020012, 0x00020013}
_DELIMITER = 8
_UNDEFINED, _SHORTEST_LONG = 0xFFFFFFFF, 0x10000
_LITTLE = Encoding(explicit=True, little=True)


def opened(raw: bytes) -> Dataset:
    """The image of a file.

    Raises
    ------
    InvalidInput
        When it is no DICOM file, or none that can be read.
    """
    part = split(raw)
    if part.transfer_syntax_uid not in (IMPLICIT, BIG_ENDIAN, DEFLATED):
        meta = _raw_elements(part.head[PREAMBLE:], PREAMBLE)
        elements = _raw_elements(part.data, len(part.head))
        if meta is not None and elements is not None:
            ds = Dataset(elements)
            ds.file_meta = FileMetaDataset(meta)
            ds.preamble = raw[:128]
            declared = _charset(ds)
            ds.set_original_encoding(False, True, encodings(declared) if declared else default_encoding)
            return ds
    try:
        return dcmread(BytesIO(raw))
    except (InvalidDicomError, ValueError, OSError) as error:
        raise InvalidInput("file", f"cannot be read: {error}") from error


def _raw_elements(data: bytes, offset: int) -> dict[BaseTag, DataElement | RawDataElement] | None:
    """Elements as pydicom keeps them until they are asked for; ``None`` where it had better read them itself."""
    elements: dict[BaseTag, DataElement | RawDataElement] = {}
    for number, start, value, end in survey(data, _LITTLE).values():
        tag, length = BaseTag(number), end - value
        if value - start == 12 and data[start + 8 : value] == b"\xff\xff\xff\xff":
            if number != _PIXEL_DATA:
                return None
            length, end = _UNDEFINED, end - _DELIMITER
        vr = data[start + 4 : start + 6].decode("ascii")
        elements[tag] = RawDataElement(tag, vr, length, data[value:end], offset + value, False, True)
    return elements


def _charset(ds: Dataset) -> str | list[str] | None:
    return ds[_CHARACTER_SET].value if _CHARACTER_SET in ds else None


def as_file(ds: Dataset) -> bytes:
    """The bytes that pydicom would write, `enforce_file_format` asked for.

    Raises
    ------
    InvalidInput
        When the image cannot be written, as one in big endian or whose elements are not
        what its transfer syntax says.
    """
    try:
        return _joined(ds)
    except (ValueError, TypeError, AttributeError, NotImplementedError, struct.error) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise InvalidInput(f"{ds.get('SOPInstanceUID')}", f"cannot be written again: {why}") from error


def _joined(ds: Dataset) -> bytes:
    raw = _as_it_came(ds)
    if not raw:
        return _by_pydicom(ds)
    changed = Dataset({tag: ds[tag] for tag in ds.keys() - raw.keys()})
    changed.set_original_encoding(False, True, ds.original_character_set)
    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, False
    write_dataset(buffer, changed)
    data = buffer.getvalue()
    places = survey(data, _LITTLE)
    chunks = [getattr(ds, "preamble", None) or bytes(128), b"DICM", _meta(ds)]
    for tag in sorted(raw.keys() | places.keys()):
        place = places.get(tag)
        chunks.append(data[place.start : place.end] if place else raw[tag])
    return b"".join(chunks)


def _meta(ds: Dataset) -> bytes:
    """File meta information with its group length (PS3.10 7.1), as :func:`plugin.labels.header.with_meta` sets it."""
    chunks = [_VERSION]
    for element in ds.file_meta:
        pad = "\0" if element.VR == "UI" else " "
        text = f"{element.value}{pad * (len(element.value) % 2)}"
        chunks.append(_LITTLE.element(element.tag, element.VR.encode("ascii"), text.encode("ascii")))
    body = b"".join(chunks)
    return struct.pack("<HH2sHI", 2, 0, b"UL", 4, len(body)) + body


def _by_pydicom(ds: Dataset) -> bytes:
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _as_it_came(ds: Dataset) -> dict[int, bytes]:
    """Encoded elements that are still as they were read, where reading and writing agree in everything."""
    syntax = UID(str(ds.file_meta.TransferSyntaxUID))
    came = ds.original_character_set
    if (
        syntax.is_implicit_VR
        or not syntax.is_little_endian
        or syntax.is_deflated
        or ds.original_encoding != (False, True)
        or ds.file_meta.keys() != _META
        or encodings(_charset(ds)) != ([came] if isinstance(came, str) else list(came))
    ):
        return {}
    found = {}
    for tag, each in ds.items():
        if isinstance(each, RawDataElement) and (element := _encoded(each)):
            found[int(tag)] = element
    return found


def _encoded(element: RawDataElement) -> bytes:
    """Head and value; empty for what pydicom had better write: deferred, of undefined or odd length, …"""
    tag, vr, value = element.tag, element.VR, element.value
    if value is None or vr is None or element.length == _UNDEFINED or len(value) % 2 or tag & 0xFFFF == 0:
        return b""
    if has_long_length(vr):
        return struct.pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode("ascii"), 0, len(value)) + value
    if len(value) >= _SHORTEST_LONG:
        return b""
    return struct.pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode("ascii"), len(value)) + value
