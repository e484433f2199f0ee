"""An image as a file (PS3.10 7): pydicom encodes what was changed, the rest goes out as it came in.

pydicom builds a buffer and half a dozen objects for each element, also for those that it
never took apart: a CT slice of 280 elements takes 3 ms to write, and a copy that bears a
label differs from its source in fifteen.
"""

from __future__ import annotations

import struct
from io import BytesIO

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID

from plugin.domain.errors import InvalidInput
from plugin.labels.charset import encodings
from plugin.labels.encoded import Encoding, has_long_length, survey
from plugin.labels.part10 import split

_CHARACTER_SET = BaseTag(0x00080005)
_UNDEFINED, _SHORTEST_LONG = 0xFFFFFFFF, 0x10000
_LITTLE = Encoding(explicit=True, little=True)


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
        why = str(error).splitlines()[0]
        raise InvalidInput(f"{ds.get('SOPInstanceUID')}", f"cannot be written again: {why}") from error


def _joined(ds: Dataset) -> bytes:
    raw = _as_it_came(ds)
    if not raw:
        return _by_pydicom(ds)
    changed = Dataset({tag: ds[tag] for tag in ds.keys() - raw.keys()})
    changed.file_meta = ds.file_meta
    if (preamble := getattr(ds, "preamble", None)) is not None:
        changed.preamble = preamble
    changed.set_original_encoding(False, True, ds.original_character_set)
    part = split(_by_pydicom(changed))
    places = survey(part.data, _LITTLE)
    chunks = [part.head]
    for tag in sorted(raw.keys() | places.keys()):
        place = places.get(tag)
        chunks.append(part.data[place.start : place.end] if place else raw[tag])
    return b"".join(chunks)


def _by_pydicom(ds: Dataset) -> bytes:
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def _as_it_came(ds: Dataset) -> dict[int, bytes]:
    """Encoded elements that are still as they were read, where reading and writing agree in everything."""
    syntax = UID(str(ds.file_meta.TransferSyntaxUID))
    came = ds.original_character_set
    charset = encodings(ds[_CHARACTER_SET].value if _CHARACTER_SET in ds else None)
    if (
        syntax.is_implicit_VR
        or not syntax.is_little_endian
        or syntax.is_deflated
        or ds.original_encoding != (False, True)
        or charset != ([came] if isinstance(came, str) else list(came))
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
