"""The label as a picture: measured and drawn with the font that comes with SignGate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file, files
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from plugin.domain.errors import InvalidInput

_FONT = "NotoSansCJKsc-Bold-subset.otf"
_SMALLEST_PX, _SMALLEST_ASCII_PX = 12, 9
"""Below these heights Hanzi, and Latin letters, cannot be told apart."""

_SHARE = 1 / 30
"""Height of the letters against the longer side, which a viewer fits to its window: 17 px of 512."""

BELOW_CORNER_TEXTS = 0.14
"""Where annotations begin, as a share of the height: viewers write three to five lines above."""

_QUIET_SHARE = 0.12
"""A place is quiet when its values span less than this share of the image's."""


@dataclass(frozen=True, slots=True)
class Box:
    """Pixels of an image, from 0; `right` and `bottom` lie outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Columns."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Rows."""
        return self.bottom - self.top


@lru_cache(maxsize=32)
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """The bundled font at a size."""
    with as_file(files("plugin.labels") / "fonts" / _FONT) as path:
        return ImageFont.truetype(str(path), size_px)


@lru_cache(maxsize=1)
def _missing_glyph() -> bytes:
    return bytes(font(16).getmask("\U000f0000"))


def refuse_unknown_glyphs(text: str) -> None:
    """Refuse what the font would draw as an empty box.

    Raises
    ------
    InvalidInput
        Naming the characters.
    """
    missing = [
        each for each in text if not each.isspace() and bytes(font(16).getmask(each)) == _missing_glyph()
    ]
    if missing:
        raise InvalidInput(
            "label", f"the font has no {''.join(missing)}; give the hospital's name in other characters"
        )


@lru_cache(maxsize=64)
def top_right(text: str, rows: int, columns: int, below: float = 0.0) -> tuple[Box, int]:
    """Where `text` is drawn on an image of this size, and the font size in px.

    Parameters
    ----------
    below
        Share of the height to leave free above.

    Raises
    ------
    InvalidInput
        When the image is too small for the text to be read.
    """
    refuse_unknown_glyphs(text)
    margin = max(2, min(rows, columns) // 64)
    smallest = _SMALLEST_ASCII_PX if text.isascii() else _SMALLEST_PX
    size = max(smallest, round(max(rows, columns) * _SHARE))
    while size > smallest and _measured(text, size)[0] > columns - 2 * margin:
        size -= 1
    width, height = _measured(text, size)
    if width > columns - 2 * margin or height > rows - 2 * margin:
        raise InvalidInput(
            "image",
            f"{columns}×{rows} pixels are too few for {text!r}; InstitutionName takes it (--as institution)",
        )
    top = min(margin + round(rows * below), rows - margin - height)
    return Box(columns - margin - width, top, columns - margin, top + height), size


def annotation_box(
    text: str, rows: int, columns: int, *, at_left: bool = False
) -> tuple[float, float, float, float]:
    """Left, top, right, bottom of a text that the viewer draws, in pixels of the image from 0.

    A viewer writes in a font size of its own whatever the zoom, and cuts at the image's
    edge; the box is a quarter wider than letters of our share of the image would need.
    It ends at the right edge, or begins at the left one.
    """
    unit = max(rows, columns) * _SHARE / 100
    left, top, right, bottom = font(100).getbbox(text)
    width = min((right - left) * unit * 1.25, columns * 0.96)
    start, above = columns * 0.02 if at_left else columns * 0.98 - width, rows * BELOW_CORNER_TEXTS
    return start, above, start + width, min(above + (bottom - top) * unit * 1.25, float(rows))


def quiet_place(gray: npt.NDArray[Any], box: Box) -> Box:
    """`box`, or the place nearest to it in the upper right where nothing is drawn yet.

    Parameters
    ----------
    gray
        One frame, shape (rows, columns); of several frames their highest values.
    """
    limit = _quiet_span(gray)
    step = max(1, box.height // 3)
    places = [
        Box(left, top, left + box.width, top + box.height)
        for top in range(box.top, max(box.top + 1, gray.shape[0] // 3), step)
        for left in range(box.left, min(box.left - 1, gray.shape[1] // 3), -step)
    ]
    for place in sorted(places, key=lambda each: (each.top - box.top) + (box.left - each.left)):
        if _span_within(gray, place) <= limit:
            return place
    return box


def is_quiet(gray: npt.NDArray[Any], box: Box) -> bool:
    """Whether nothing is drawn there yet: a place that :func:`quiet_place` would take."""
    return _span_within(gray, box) <= _quiet_span(gray)


def _quiet_span(gray: npt.NDArray[Any]) -> float:
    return _QUIET_SHARE * max(float(gray.max()) - float(gray.min()), 1)


def _span_within(gray: npt.NDArray[Any], box: Box) -> float:
    part = gray[box.top : box.bottom, box.left : box.right]
    return float(part.max()) - float(part.min()) if part.shape == (box.height, box.width) else float("inf")


def _measured(text: str, size_px: int) -> tuple[int, int]:
    left, top, right, bottom = font(size_px).getbbox(text)
    pad = _padding(size_px)
    return int(right - left) + 2 * pad, int(bottom - top) + 2 * pad


def _padding(size_px: int) -> int:
    return max(1, size_px // 6)


@lru_cache(maxsize=16)
def drawn(text: str, box: Box, size_px: int) -> npt.NDArray[np.uint8]:
    """The plate: 0 where it is black, 255 where letters are white; shape (rows, columns), not to be written on.

    The images of a series bear the same one.
    """
    image = Image.new("L", (box.width, box.height), 0)
    left, top, _, _ = font(size_px).getbbox(text)
    pad = _padding(size_px)
    ImageDraw.Draw(image).text((pad - left, pad - top), text, font=font(size_px), fill=255)
    return np.asarray(image)
