"""Windows of images: as they bring them, or computed where they bring none (PS3.3 C.11.2)."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from plugin.labels.context import value

_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian)
WINDOW = ("WindowCenter", "WindowWidth", "WindowCenterWidthExplanation", "VOILUTFunction")
_PLENTY_BITS = 8
"""Up to here the full range of values is a picture; above it is a flat grey."""


def functional_group(ds: Dataset, name: str) -> Dataset | None:
    """First item of a functional group of an enhanced image: shared, else of the first frame."""
    for sequence in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for item in (value(ds, sequence) or [])[:1]:
            if value(item, name):
                found: Dataset = item[name].value[0]
                return found
    return None


def window(ds: Dataset, slope: float, intercept: float) -> Dataset | None:
    """An item for the Softcopy VOI LUT Sequence, ``None`` where the image shows well without."""
    source = functional_group(ds, "FrameVOILUTSequence") or ds
    item = Dataset()
    for keyword in WINDOW:
        if source.get(keyword) not in (None, ""):
            setattr(item, keyword, source.get(keyword))
    if not usable(item):
        item = Dataset()
    if ds.get("VOILUTSequence"):
        item.VOILUTSequence = Sequence([sixteen_bits(lut) for lut in ds.VOILUTSequence])
    return item if item else _computed(ds, slope, intercept)


def usable(item: Dataset) -> bool:
    """Center and width are both there, and no width is 0 (PS3.3 C.11.2.1.2 wants 1 or more)."""
    centers, widths = value(item, "WindowCenter"), value(item, "WindowWidth")
    if centers is None or widths is None:
        return False
    smallest = 0 if value(item, "VOILUTFunction") in ("LINEAR_EXACT", "SIGMOID") else 1
    each = [widths] if isinstance(widths, int | float) else list(widths)
    return all(float(width) >= smallest and float(width) > 0 for width in each)


def sixteen_bits(lut: Dataset) -> Dataset:
    """A LUT item with entries of 8 or 16 bits, as presentation states want them (PS3.3 C.11.8)."""
    count, first, bits = (int(value) for value in lut.LUTDescriptor)
    if bits in (8, 16):
        return lut
    data = lut.LUTData
    entries = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.asarray(data, dtype=np.int64)
    scaled = (entries[: count or 65536].astype(np.int64) & 0xFFFF) * 65535 // (2**bits - 1)
    item = Dataset()
    item[0x00283002] = DataElement(0x00283002, lut["LUTDescriptor"].VR, [count, first, 16])
    if "LUTExplanation" in lut:
        item.LUTExplanation = lut.LUTExplanation
    item[0x00283006] = DataElement(0x00283006, "OW", scaled.astype("<u2").tobytes())
    return item


def said(ds: Dataset) -> Hashable:
    """What an image of one frame says of its window, ``None`` where it must be looked at more closely."""
    frames = value(ds, "SharedFunctionalGroupsSequence") is not None
    if value(ds, "VOILUTSequence") or frames or not usable(ds):
        return None
    return tuple(str(value(ds, keyword)) for keyword in WINDOW)


def key(item: Dataset) -> Hashable:
    """Equal for items that say the same."""
    return tuple(str(value(item, keyword)) for keyword in (*WINDOW, "VOILUTSequence"))


def _computed(ds: Dataset, slope: float, intercept: float) -> Dataset | None:
    if int(ds.get("BitsStored") or 8) <= _PLENTY_BITS:
        return None
    span = _span(ds)
    if span is None:
        return None
    low, high = sorted((span[0] * slope + intercept, span[1] * slope + intercept))
    item = Dataset()
    item.WindowCenter = f"{(low + high) / 2:.6g}"
    item.WindowWidth = f"{max(high - low, 1):.6g}"
    return item


def _span(ds: Dataset) -> tuple[float, float] | None:
    """Lowest and highest stored value, padding left out: from the header, else from the pixels."""
    small, large = ds.get("SmallestImagePixelValue"), ds.get("LargestImagePixelValue")
    if isinstance(small, int) and isinstance(large, int) and small < large:
        return float(small), float(large)
    if "PixelData" not in ds:
        return None
    pixels = _stored(ds)
    padding = ds.get("PixelPaddingValue")
    if isinstance(padding, int) and bool((pixels != padding).any()):
        pixels = pixels[pixels != padding]
    return float(np.min(pixels)), float(np.max(pixels))


def _stored(ds: Dataset) -> npt.NDArray[Any]:
    """Stored values; of uncompressed ones only their order in memory is left as it came, which is all that a span asks."""
    syntax = ds.file_meta.get("TransferSyntaxUID") if hasattr(ds, "file_meta") else None
    bits = int(ds.BitsAllocated)
    if syntax in _NATIVE and bits in (8, 16) and ds.get("SamplesPerPixel") == 1:
        kind = f"<{'i' if ds.get('PixelRepresentation') else 'u'}{bits // 8}"
        count = int(ds.Rows) * int(ds.Columns) * int(ds.get("NumberOfFrames") or 1)
        return np.frombuffer(ds.PixelData, kind, count)
    decoded: npt.NDArray[Any] = ds.pixel_array
    return decoded
