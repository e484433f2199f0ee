"""What a viewer would show: an image under its window, and the texts that lie over it.

Pixels become a grey PNG; texts stay texts (the page lays them over the picture), so that
Hanzi need no font on the server.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlaidText:
    """A text of a presentation state; its place in per cent of the image, from the top left."""

    text: str
    left: float
    top: float


def grey_png(ds: Dataset, frame: int = 0) -> bytes:
    """Render one frame with the object's own window (PS3.3 C.11.2), 8 bit.

    Parameters
    ----------
    ds
        A single-sample image with pixel data.
    frame
        Counted from 0.
    """
    stored = ds.pixel_array
    plane: NDArray[np.float64] = (stored[frame] if stored.ndim == 3 else stored).astype(np.float64)
    plane = plane * float(ds.get("RescaleSlope") or 1) + float(ds.get("RescaleIntercept") or 0)
    centre, width = _window(ds, plane)
    low = centre - 0.5 - (width - 1) / 2
    grey = np.clip((plane - low) / max(width - 1, 1), 0, 1)
    if ds.get("PhotometricInterpretation") == "MONOCHROME1":
        grey = 1 - grey
    picture = Image.fromarray(np.rint(grey * 255).astype(np.uint8))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def corner_texts(ds: Dataset) -> dict[str, list[str]]:
    """The lines in the four corners, as radiology viewers have them; empty ones are left out."""
    corners = {
        "top_left": [
            _printed_name(ds),
            ds.get("PatientID"),
            ds.get("PatientSex"),
        ],
        "top_right": [ds.get("InstitutionName")],
        "bottom_left": [
            ds.get("StudyDescription"),
            ds.get("SeriesDescription"),
            f"Im {ds.get('InstanceNumber', '')}",
        ],
        "bottom_right": [
            ds.get("StudyDate"),
            ds.get("Modality"),
            f"W {_first(ds, 'WindowWidth')} / L {_first(ds, 'WindowCenter')}",
        ],
    }
    return {corner: [str(line) for line in lines if line] for corner, lines in corners.items()}


def _printed_name(ds: Dataset) -> str:
    """The ideographic group where there is one (PS3.5 6.2.1.2), as a Chinese viewer prints it."""
    name = ds.get("PatientName")
    if name is None:
        return ""
    return str(name.ideographic).replace("^", "") or str(name.alphabetic).replace("^", " ")


def presentation_texts(states: Iterable[Dataset], ds: Dataset) -> list[OverlaidText]:
    """Texts that softcopy presentation states (PS3.3 C.10.5) draw on the image `ds`.

    A text stands where its bounding box or anchor says, in pixels or as a share of the
    displayed area.
    """
    found = []
    for state in states:
        for layer in state.get("GraphicAnnotationSequence", []):
            if not _refers_to(layer, ds):
                continue
            for text in layer.get("TextObjectSequence", []):
                corner = text.get("BoundingBoxTopLeftHandCorner") or text.get("AnchorPoint")
                units = text.get("BoundingBoxAnnotationUnits") or text.get("AnchorPointAnnotationUnits")
                if corner is None:
                    continue
                pixel = units == "PIXEL"
                left, top = (float(part) for part in corner)
                found.append(
                    OverlaidText(
                        text=str(text.UnformattedTextValue),
                        left=100 * ((left - 1) / ds.Columns if pixel else left),
                        top=100 * ((top - 1) / ds.Rows if pixel else top),
                    )
                )
    return found


def _refers_to(layer: Dataset, ds: Dataset) -> bool:
    """An annotation without references holds for every image of its state (PS3.3 C.10.5.1)."""
    references = layer.get("ReferencedImageSequence", [])
    return not references or any(item.ReferencedSOPInstanceUID == ds.SOPInstanceUID for item in references)


def _window(ds: Dataset, plane: NDArray[np.float64]) -> tuple[float, float]:
    centre, width = _first(ds, "WindowCenter"), _first(ds, "WindowWidth")
    if centre and width:
        return float(centre), float(width)
    low, high = (float(edge) for edge in np.percentile(plane, (1, 99)))
    return (low + high) / 2, max(high - low, 1.0)


def _first(ds: Dataset, keyword: str) -> str:
    value = ds.get(keyword)
    if isinstance(value, MultiValue):
        value = value[0] if value else None
    return "" if value is None else f"{float(value):g}"
