"""Foreign bytes into a data set and a content tree; what is damaged is left out and said so.

Limits stand in for trust: an object of another system may unpack to any size, nest to any
depth and lie about its lengths, and a page that shows it must survive all of that.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Any, TypeVar

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from plugin.domain.errors import InvalidInput
from plugin.sr.codes import Code
from plugin.sr.tree import Instance, Item, Measured, Value

MAX_BYTES = 64 << 20
"""Of a file, and of what a deflated one unpacks to."""
MAX_DEPTH = 50
MAX_ITEMS = 20_000
MAX_TEXT = 100_000

_DT = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,6}))?(?:([+-])(\d{2})(\d{2}))")
T = TypeVar("T")


def read_bytes(data: bytes) -> Dataset:
    """A data set, whatever its bytes.

    Raises
    ------
    InvalidInput
        When it is too large, or nothing of it can be read as DICOM.
    """
    if len(data) > MAX_BYTES:
        raise InvalidInput("file", f"has {len(data)} bytes; SR documents of up to {MAX_BYTES} are read")
    try:
        if _is_deflated(data):
            return _inflate(data)
        ds = dcmread(BytesIO(data), force=True)
    except InvalidInput:
        raise
    except (Exception, RecursionError) as error:  # pydicom raises what the bytes make it raise
        raise InvalidInput("file", f"is no DICOM object, or a broken one ({type(error).__name__})") from error
    if len(ds) == 0:
        raise InvalidInput("file", "is no DICOM object: it holds no element")
    return ds


def attribute(ds: Dataset, keyword: str) -> str:
    """A header value as text; empty when absent or unreadable."""
    value = attempt(lambda: ds.get(keyword), None)
    if value is None:
        return ""
    return attempt(lambda: _joined(value), "")


def items_of(ds: Dataset, keyword: str) -> list[Dataset]:
    """The items of a sequence; empty when absent or unreadable."""
    return attempt(lambda: [item for item in ds.get(keyword) or () if isinstance(item, Dataset)], [])


def attempt(read: Callable[[], T], otherwise: T) -> T:
    """What `read` gives, or `otherwise` when the object's bytes do not let it."""
    try:
        return read()
    except (Exception, RecursionError):  # see read_bytes
        return otherwise


class TreeReader:
    """Reads the content tree of one document; `notes` says what could not be shown."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self._count = 0

    def root(self, ds: Dataset) -> Item | None:
        """The document's tree, ``None`` when it has none."""
        if "ContentSequence" not in ds and "ConceptNameCodeSequence" not in ds:
            return None
        return self._item(ds, 0, "root")

    def _item(self, ds: Dataset, depth: int, where: str) -> Item:
        self._count += 1
        kind = attribute(ds, "ValueType") or "?"
        children: list[Item] = []
        if depth < MAX_DEPTH:
            content = attempt(lambda: list(ds.get("ContentSequence") or ()), None)
            if content is None:
                self._note(where, "what is below cannot be read")
            for number, child in enumerate(content or (), 1):
                if self._count >= MAX_ITEMS:
                    self._note(where, f"more than {MAX_ITEMS} content items; the rest is not shown")
                    break
                if isinstance(child, Dataset):
                    children.append(self._item(child, depth + 1, f"{where}.{number}"))
        elif "ContentSequence" in ds:
            self._note(where, f"nested deeper than {MAX_DEPTH}; what is below is not shown")
        value: Value = None
        try:
            value = _value(ds, kind)
        except (Exception, RecursionError) as error:  # see read_bytes
            self._note(where, f"the {kind} value cannot be read ({type(error).__name__})")
        name = read_code(items_of(ds, "ConceptNameCodeSequence"))
        return Item(attribute(ds, "RelationshipType"), kind, name, value, tuple(children))

    def _note(self, where: str, text: str) -> None:
        if len(self.notes) < 100:
            self.notes.append(f"{where}: {text}")


def read_code(sequence: list[Dataset]) -> Code | None:
    """The first item of a code sequence."""
    if not sequence:
        return None
    ds = sequence[0]
    value = attribute(ds, "CodeValue") or attribute(ds, "LongCodeValue") or attribute(ds, "URNCodeValue")
    return Code(value, attribute(ds, "CodingSchemeDesignator"), attribute(ds, "CodeMeaning"))


def read_dt(text: str) -> datetime | None:
    """A DT with its offset; ``None`` for anything vaguer."""
    found = _DT.fullmatch(text.strip())
    if not found:
        return None
    *numbers, fraction, sign, hours, minutes = found.groups()
    offset = timedelta(hours=int(hours), minutes=int(minutes)) * (-1 if sign == "-" else 1)
    year, month, day, hour, minute, second = map(int, numbers)
    micro = int((fraction or "").ljust(6, "0"))
    return attempt(
        lambda: datetime(year, month, day, hour, minute, min(second, 59), micro, timezone(offset)), None
    )


def _value(ds: Dataset, kind: str) -> Value:
    match kind:
        case "CODE":
            return read_code(items_of(ds, "ConceptCodeSequence"))
        case "NUM":
            measured = items_of(ds, "MeasuredValueSequence")
            if not measured:
                why = read_code(items_of(ds, "NumericValueQualifierCodeSequence"))
                return why or ""
            unit = read_code(items_of(measured[0], "MeasurementUnitsCodeSequence"))
            return Measured(_digits(measured[0]), unit or Code("1", "UCUM", ""))
        case "IMAGE" | "COMPOSITE" | "WAVEFORM":
            references = items_of(ds, "ReferencedSOPSequence")
            if not references:
                return ""
            first = references[0]
            return Instance(
                attribute(first, "ReferencedSOPClassUID"), attribute(first, "ReferencedSOPInstanceUID")
            )
        case "DATETIME":
            written = attribute(ds, "DateTime")
            return read_dt(written) or written
        case "SCOORD" | "SCOORD3D":
            return f"{attribute(ds, 'GraphicType')} {attribute(ds, 'GraphicData')}".strip()
        case "TCOORD":
            return attribute(ds, "TemporalRangeType")
        case "CONTAINER":
            return None
    keyword = {"TEXT": "TextValue", "PNAME": "PersonName", "UIDREF": "UID", "DATE": "Date", "TIME": "Time"}
    return attribute(ds, keyword.get(kind, "TextValue"))[:MAX_TEXT]


def _digits(measured: Dataset) -> str:
    """The number as it was written: DS ``4`` stays 4, ``4.0`` stays 4.0."""
    value = measured.get("NumericValue")
    written = getattr(value, "original_string", None)
    return str(written if written is not None else _joined(value) if value is not None else "").strip()


def _joined(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return "\\".join(str(part) for part in value)
    return str(value)


def _is_deflated(data: bytes) -> bool:
    return data[128:132] == b"DICM" and DeflatedExplicitVRLittleEndian.encode() in data[132:2048]


def _inflate(data: bytes) -> Dataset:
    """Unpack by hand, up to the limit: pydicom would unpack whatever there is (S12)."""
    meta_length = int.from_bytes(data[140:144], "little")
    start = 144 + meta_length
    body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data[start:], MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise InvalidInput("file", f"unpacks to more than {MAX_BYTES} bytes")
    return read_dataset(BytesIO(body), is_implicit_VR=False, is_little_endian=True)
