"""The mark in the pixels of a derived series: for film, export and portals that show nothing else.

White letters on a black plate, the other way round in the stored values of MONOCHROME1.
Pixels outside the plate stay what they were; what came compressed without loss goes out
in the same transfer syntax where an encoder is at hand, all else uncompressed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.processing import apply_color_lut, convert_color_space
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from plugin.domain.errors import InvalidInput
from plugin.labels import voi
from plugin.labels.context import Stamping, shallow, value
from plugin.labels.derived import DerivedOptions, derived
from plugin.labels.header import refuse_not_images, with_meta
from plugin.labels.institution import institution_name
from plugin.labels.plate import BELOW_CORNER_TEXTS, Box, drawn, is_quiet, quiet_place, top_right
from plugin.labels.text import Mark, drawn_text

_NATIVE = {ImplicitVRLittleEndian, ExplicitVRLittleEndian}
_ENCODED = {RLELossless, JPEGLSLossless, JPEG2000Lossless}
_PIXEL_DATA = BaseTag(0x7FE00010)
_INK = 128
_AIR_HU = -1000

# Devices of these kinds write into the picture whether or not they say so.  Series of all
# others bear the label at one place throughout.
_OFTEN_WRITTEN_ON = frozenset({"US", "ES", "XC", "OT", "SC"})


def apply(
    options: DerivedOptions, datasets: Sequence[Dataset], mark: Mark, stamping: Stamping
) -> list[Dataset]:
    """Derived copies with the mark in every frame.

    Raises
    ------
    InvalidInput
        For objects that are no images, images too small, transfer syntaxes without a
        decoder, pixel data that cannot be decoded, or pixels of one bit or of floating point.
    """
    refuse_not_images(datasets)
    return [_burned(options, ds, mark, stamping) for ds in datasets]


def _burned(options: DerivedOptions, ds: Dataset, mark: Mark, stamping: Stamping) -> Dataset:
    # To ask an element takes it apart; the copy is made of what nobody asked, so that it goes out as it came.
    seen = shallow(ds)
    text = drawn_text(mark, institution_name(seen))
    corner, size = top_right(text, int(seen.Rows), int(seen.Columns))
    pixels, photometric = decode(seen)
    black, white = _ink(seen, pixels, photometric)
    letters = drawn(text, corner, size) >= _INK
    frames = pixels.reshape(-1, int(seen.Rows), int(seen.Columns), int(value(seen, "SamplesPerPixel") or 1))
    box = _place(seen, _brightest(seen, frames, photometric), corner)
    where = frames[:, box.top : box.bottom, box.left : box.right, :]
    where[...] = np.where(letters[None, :, :, None], white, black)
    plate = f"x {box.left + 1}-{box.right}, y {box.top + 1}-{box.bottom}"
    copy = derived(ds, text, "burned-in", f"{text} burned in at {plate}", stamping, options)
    return _encoded(copy, seen, frames, photometric)


def _place(ds: Dataset, gray: npt.NDArray[Any], corner: Box) -> Box:
    """Below the lines that viewers write into the corner, where the picture leaves that free; else the corner.

    Devices that write into the picture leave no such choice: the nearest free place is taken.
    """
    down = min(round(int(ds.Rows) * BELOW_CORNER_TEXTS), int(ds.Rows) - corner.bottom - corner.top)
    below = Box(corner.left, corner.top + down, corner.right, corner.bottom + down)
    if often_written_on(ds):
        place = quiet_place(gray, below)
        return place if is_quiet(gray, place) else quiet_place(gray, corner)
    if value(ds, "Modality") == "CT":
        # What a scanner puts round its circle is darker than air, and neither is anatomy.
        slope, intercept = float(value(ds, "RescaleSlope") or 1), float(value(ds, "RescaleIntercept") or 0)
        gray = np.maximum(gray, (_AIR_HU - intercept) / slope)
    return below if is_quiet(gray, below) else corner


def often_written_on(ds: Dataset) -> bool:
    """Does the picture hold texts, or probably so?"""
    return value(ds, "BurnedInAnnotation") == "YES" or value(ds, "Modality") in _OFTEN_WRITTEN_ON


def written_free(ds: Dataset, box: Box) -> Box:
    """`box`, moved off what stands in the picture where there may be something, and it can be decoded here."""
    if not often_written_on(ds):
        return box
    try:
        pixels, photometric = decode(ds)
    except InvalidInput:
        return box
    frames = pixels.reshape(-1, int(ds.Rows), int(ds.Columns), int(ds.get("SamplesPerPixel") or 1))
    return quiet_place(_brightest(ds, frames, photometric), box)


def _brightest(ds: Dataset, frames: npt.NDArray[Any], photometric: str) -> npt.NDArray[Any]:
    """The highest value of each pixel over some frames: where a text stands in any of them."""
    if len(frames) == 1 and frames.shape[3] == 1 and photometric != "PALETTE COLOR":
        return frames[0, :, :, 0]
    some = frames[:: max(1, len(frames) // 8)]
    if photometric == "PALETTE COLOR":
        some = np.stack([apply_color_lut(frame[..., 0], ds) for frame in some])
    highest: npt.NDArray[Any] = some.max(axis=(0, 3))
    return highest


def decode(ds: Dataset) -> tuple[npt.NDArray[Any], str]:
    """Stored values of all frames, and their photometric interpretation after decoding.

    Raises
    ------
    InvalidInput
        When there is no decoder, or the pixel data are broken.
    """
    syntax = UID(str(ds.file_meta.TransferSyntaxUID))
    if "PixelData" not in ds:
        raise InvalidInput(f"{ds.SOPInstanceUID}", "has no integer pixel data to draw on")
    if int(ds.BitsAllocated) == 1:
        raise InvalidInput(f"{ds.SOPInstanceUID}", "has pixels of one bit, on which no label can be read")
    try:
        pixels, meta = get_decoder(syntax).as_array(ds, raw=True)
    except (ValueError, AttributeError, IndexError, RuntimeError) as error:
        missing = isinstance(error, NotImplementedError) or "missing dependencies" in str(error)
        why = (
            f"transfer syntax {syntax.name} cannot be decoded here; decompress it first"
            if missing
            else f"pixel data cannot be decoded: {_short(error)}"
        )
        raise InvalidInput(f"{ds.SOPInstanceUID}", why) from error
    writable = pixels if pixels.flags.writeable else pixels.copy()
    return writable, str(meta["photometric_interpretation"])


def _short(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _ink(ds: Dataset, pixels: npt.NDArray[Any], photometric: str) -> tuple[Any, Any]:
    """Stored values that are shown black and white."""
    if photometric == "PALETTE COLOR":
        return _palette_ink(ds)
    if photometric.startswith("YBR"):
        return np.array([0, 128, 128]), np.array([255, 128, 128])
    if photometric == "RGB":
        return 0, 2 ** int(ds.BitsStored) - 1
    low, high = _shown_range(ds, pixels)
    return (high, low) if photometric == "MONOCHROME1" else (low, high)


def _shown_range(ds: Dataset, pixels: npt.NDArray[Any]) -> tuple[int, int]:
    """Lowest and highest value of all windows of the image, so that each of them shows the label."""
    lows, highs = [], []
    slope, intercept = float(ds.get("RescaleSlope") or 1), float(ds.get("RescaleIntercept") or 0)
    centers, widths = (_numbers(ds.WindowCenter), _numbers(ds.WindowWidth)) if voi.usable(ds) else ([], [])
    for center, width in zip(centers, widths, strict=False):
        edges = sorted(((center - width / 2 - intercept) / slope, (center + width / 2 - intercept) / slope))
        lows.append(edges[0])
        highs.append(edges[1])
    if not lows or ds.get("ModalityLUTSequence"):
        lows, highs = [float(pixels.min())], [float(pixels.max())]
    signed, bits = bool(ds.get("PixelRepresentation")), int(ds.BitsStored)
    smallest = -(2 ** (bits - 1)) if signed else 0
    low = int(max(smallest, min(lows)))
    return low, int(max(low + 1, min(smallest + 2**bits - 1, max(highs))))


def _numbers(value: Any) -> list[float]:
    if value in (None, ""):
        return []
    return [float(value)] if isinstance(value, int | float | str) else [float(each) for each in value]


def _palette_ink(ds: Dataset) -> tuple[int, int]:
    entries = int(ds.RedPaletteColorLookupTableDescriptor[0]) or 2**16
    first = int(ds.RedPaletteColorLookupTableDescriptor[1])
    indices = np.arange(first, min(first + entries, 2 ** int(ds.BitsStored)), dtype=np.uint16)
    light = apply_color_lut(indices[None, :], ds)[0].astype(np.int64).sum(axis=-1)
    return int(indices[light.argmin()]), int(indices[light.argmax()])


def _encoded(copy: Dataset, seen: Dataset, frames: npt.NDArray[Any], photometric: str) -> Dataset:
    syntax = UID(str(seen.file_meta.TransferSyntaxUID))
    values = frames if frames.shape[-1] > 1 else frames[..., 0]
    if len(frames) == 1:
        values = values[0]
    for keyword in ("ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        if keyword in copy:
            del copy[keyword]
    if syntax in _ENCODED and not photometric.startswith("YBR"):
        said = seen.PhotometricInterpretation
        if said != photometric and (syntax != JPEG2000Lossless or said != "YBR_RCT"):
            seen.PhotometricInterpretation = copy.PhotometricInterpretation = photometric
        seen.compress(syntax, np.ascontiguousarray(values), generate_instance_uid=False)
        copy[_PIXEL_DATA] = seen[_PIXEL_DATA]
        return with_meta(copy, syntax)
    return _native(copy, values, photometric, syntax)


def _native(copy: Dataset, values: npt.NDArray[Any], photometric: str, syntax: UID) -> Dataset:
    target = syntax if syntax in _NATIVE else ExplicitVRLittleEndian
    if photometric.startswith("YBR"):
        # What a lossy codec made of the image has no exact values to keep; RGB is what everything reads.
        if syntax.is_compressed:
            values, photometric = convert_color_space(values, photometric, "RGB"), "RGB"
        else:
            photometric = "YBR_FULL"
    copy.PhotometricInterpretation = photometric
    if values.shape[-1] == 3 and int(copy.get("SamplesPerPixel") or 1) == 3:
        copy.PlanarConfiguration = 0
    data = np.ascontiguousarray(values).tobytes()
    vr = "OB" if int(copy.BitsAllocated) <= 8 and target == ExplicitVRLittleEndian else "OW"
    copy[_PIXEL_DATA] = DataElement(_PIXEL_DATA, vr, data + b"\x00" * (len(data) % 2))
    return with_meta(copy, target)
