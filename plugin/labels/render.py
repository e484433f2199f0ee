"""What a reader would see: a frame drawn by the rules that viewers follow, with the places of all texts.

For acceptance tests and previews, not for diagnosis.  The corner texts are those that
Weasis shows by default: the patient top left, the institution's name first at top right;
orientation letters stand at the middle of the edges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut, apply_modality_lut, convert_color_space

from plugin.labels import voi
from plugin.labels.burned_in import decode
from plugin.labels.plate import Box, font

_TEXT_PX = 16
_EDGE_PX = 6
_AXES = (("L", "R"), ("P", "A"), ("H", "F"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text on the screen: `source` is ``corner``, ``annotation`` or ``orientation``."""

    text: str
    box: Box
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The screen, and where the image and each text stand on it."""

    screen: Image.Image
    image: Box
    texts: tuple[Text, ...] = field(default_factory=tuple)


def show(
    ds: Dataset, state: Dataset | None = None, frame: int = 0, size_px: int = 768, corners: bool = True
) -> Shown:
    """Draw one frame.

    Parameters
    ----------
    state
        A presentation state that refers to `ds`, applied as PS3.4 N.2 has it.
    frame
        From 0.
    size_px
        Side of the square screen.
    corners
        Show the corner texts and orientation letters.
    """
    picture = Image.fromarray(_displayed(ds, state, frame))
    scale = min(size_px / picture.width, size_px / picture.height)
    width, height = round(picture.width * scale), round(picture.height * scale)
    left, top = (size_px - width) // 2, (size_px - height) // 2
    screen = Image.new("RGB", (size_px, size_px))
    screen.paste(picture.resize((width, height), Image.Resampling.BILINEAR), (left, top))
    pen = _Pen(ImageDraw.Draw(screen))
    if state is not None:
        _annotations(pen, ds, state, scale, left, top)
    if corners:
        _corners(pen, ds, size_px)
        _orientation(pen, ds, size_px)
    return Shown(screen=screen, image=Box(left, top, left + width, top + height), texts=tuple(pen.texts))


class _Pen:
    """Writes as viewers do, white with a black outline, and remembers where."""

    def __init__(self, draw: ImageDraw.ImageDraw) -> None:
        self._draw = draw
        self.texts: list[Text] = []

    def write(self, text: str, x: float, y: float, source: str, anchor: str = "la") -> None:
        face = font(_TEXT_PX)
        style: dict[str, Any] = {"font": face, "anchor": anchor, "stroke_width": 1}
        self._draw.text((x, y), text, fill="white", stroke_fill="black", **style)
        left, top, right, bottom = self._draw.textbbox((x, y), text, **style)
        box = Box(int(left), int(top), int(right), int(bottom))
        self.texts.append(Text(text=text, box=box, source=source))


def _displayed(ds: Dataset, state: Dataset | None, frame: int) -> npt.NDArray[np.uint8]:
    pixels, photometric = decode(ds)
    samples = int(ds.get("SamplesPerPixel") or 1)
    stored = pixels.reshape(-1, int(ds.Rows), int(ds.Columns), samples)[frame]
    if photometric == "PALETTE COLOR":
        colored = apply_color_lut(stored[..., 0], ds)
        rgb = colored if colored.dtype == np.uint8 else (colored >> 8).astype(np.uint8)
    elif samples == 3:
        rgb = stored if photometric == "RGB" else convert_color_space(stored, photometric, "RGB")
    else:
        rgb = np.repeat(_gray(ds, stored[..., 0], state, photometric)[..., None], 3, axis=2)
    return _overlaid(ds, np.ascontiguousarray(rgb.astype(np.uint8)))


def _gray(
    ds: Dataset, stored: npt.NDArray[Any], state: Dataset | None, photometric: str
) -> npt.NDArray[np.uint8]:
    """Modality, VOI, presentation: from the state as a whole, or from the image as a whole."""
    values = np.asarray(apply_modality_lut(stored, ds if state is None else state), dtype=np.float64)
    shown = _windowed(values, _window(ds, state), ds)
    inverse = photometric == "MONOCHROME1" if state is None else state.PresentationLUTShape == "INVERSE"
    return ((1 - shown if inverse else shown) * 255).astype(np.uint8)


def _windowed(values: npt.NDArray[Any], item: Dataset | None, ds: Dataset) -> npt.NDArray[Any]:
    """Values from 0 to 1 (PS3.3 C.11.2.1); without a window viewers stretch the values that occur."""
    if item is not None and voi.usable(item):
        center, width = _first(item.WindowCenter), _first(item.WindowWidth)
        low, high = center - width / 2, center + width / 2
    elif item is not None:
        lut = voi.sixteen_bits(item.VOILUTSequence[0])
        first, bits, data = int(lut.LUTDescriptor[1]), int(lut.LUTDescriptor[2]), lut.LUTData
        entries = np.frombuffer(data, "<u2") if isinstance(data, bytes) else np.asarray(data)
        values = entries[np.clip(values.astype(np.int64) - first, 0, len(entries) - 1)].astype(np.float64)
        low, high = 0.0, float(2**bits - 1)
    else:
        low, high = (float(values.min()), float(values.max())) if int(ds.BitsStored) > 8 else (0.0, 255.0)
    clipped: npt.NDArray[Any] = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    return clipped


def _window(ds: Dataset, state: Dataset | None) -> Dataset | None:
    if state is None:
        return ds if voi.usable(ds) or ds.get("VOILUTSequence") else None
    for item in state.get("SoftcopyVOILUTSequence") or []:
        references = item.get("ReferencedImageSequence")
        if not references or any(each.ReferencedSOPInstanceUID == ds.SOPInstanceUID for each in references):
            found: Dataset = item
            return found
    return None


def _first(value: Any) -> float:
    return float(value) if isinstance(value, int | float | str) else float(value[0])


def _overlaid(ds: Dataset, rgb: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    for group in range(0x6000, 0x6020, 2):
        if (group, 0x3000) not in ds:
            continue
        rows, columns = int(ds[group, 0x0010].value), int(ds[group, 0x0011].value)
        bits = np.unpackbits(np.frombuffer(ds[group, 0x3000].value, np.uint8), bitorder="little")
        plane = bits[: rows * columns].reshape(rows, columns).astype(bool)
        top, left = (int(value) - 1 for value in ds[group, 0x0050].value)
        part = rgb[max(top, 0) : top + rows, max(left, 0) : left + columns]
        part[plane[: part.shape[0], : part.shape[1]]] = 255
    return rgb


def _annotations(pen: _Pen, ds: Dataset, state: Dataset, scale: float, left: int, top: int) -> None:
    for annotation in state.get("GraphicAnnotationSequence") or []:
        references = annotation.get("ReferencedImageSequence")
        if references and all(each.ReferencedSOPInstanceUID != ds.SOPInstanceUID for each in references):
            continue
        for words in annotation.get("TextObjectSequence") or []:
            x, y = (float(value) for value in words.BoundingBoxTopLeftHandCorner)
            pen.write(
                str(words.UnformattedTextValue), left + (x - 1) * scale, top + (y - 1) * scale, "annotation"
            )


def _corners(pen: _Pen, ds: Dataset, size_px: int) -> None:
    line = _TEXT_PX + 4
    person = (_printed_name(ds), str(ds.get("PatientID") or ""), str(ds.get("PatientSex") or ""))
    for index, text in enumerate(person):
        pen.write(text, _EDGE_PX, _EDGE_PX + index * line, "corner")
    for index, keyword in enumerate(("InstitutionName", "StudyDescription", "StudyDate")):
        pen.write(str(ds.get(keyword) or ""), size_px - _EDGE_PX, _EDGE_PX + index * line, "corner", "ra")
    pen.write(
        f"{ds.get('Modality', '')} {ds.get('SeriesNumber', '')}",
        _EDGE_PX,
        size_px - _EDGE_PX - line,
        "corner",
    )


def _printed_name(ds: Dataset) -> str:
    """The ideographic group where there is one (PS3.5 6.2.1.2), as a Chinese viewer prints it."""
    name = ds.get("PatientName")
    if not name:
        return ""
    return str(name.ideographic).replace("^", "") or str(name.alphabetic).replace("^", " ")


def _orientation(pen: _Pen, ds: Dataset, size_px: int) -> None:
    row, column = orientation(ds)
    if row:
        pen.write(row, size_px - _EDGE_PX, size_px / 2, "orientation", "rm")
        pen.write(_opposite(row), _EDGE_PX, size_px / 2, "orientation", "lm")
    if column:
        pen.write(column, size_px / 2, size_px - _EDGE_PX, "orientation", "mb")
        pen.write(_opposite(column), size_px / 2, _EDGE_PX, "orientation", "mt")


def orientation(ds: Dataset) -> tuple[str, str]:
    """Letters of the direction of rows and of columns, empty where the image does not say."""
    cosines = ds.get("ImageOrientationPatient")
    if cosines and len(cosines) == 6:
        return _letters([float(value) for value in cosines[:3]]), _letters(
            [float(value) for value in cosines[3:]]
        )
    given = ds.get("PatientOrientation")
    return (str(given[0]), str(given[1])) if given and len(given) == 2 else ("", "")


def _letters(cosines: list[float]) -> str:
    strongest = sorted(range(3), key=lambda axis: -abs(cosines[axis]))
    return "".join(_AXES[axis][cosines[axis] < 0] for axis in strongest if abs(cosines[axis]) > 0.3)


def _opposite(letters: str) -> str:
    return letters.translate(str.maketrans("LRAPHF", "RLPAFH"))
