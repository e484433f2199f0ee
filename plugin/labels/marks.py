"""Marks that a device drew into a radiograph, and whether they stand on the anatomy (DB50 7.3.1.3 不遮挡图像).

A digital L, R or stamp has one value throughout, the brightest there is, in strokes that are
thin beside the picture.  What is as bright and thick is metal or a saturated field; what is
thin and not of one value is a lead marker or bone.  Beside a mark lies tissue or air: a mark
on the shoulder's edge is where it should be, one in the middle of the picture covers what is looked at.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]

MOST_OF_PICTURE = 0.03
"""More pixels of the highest value than that are saturation, not a mark."""
THICKEST = 60
"""A stroke is thinner than one part in so many of the picture's shorter side."""
CELLS = 24
"""Cells along the shorter side, into which the picture is cut."""
LEAST_PIXELS = 8
CENTRE = 0.64
"""The middle part of each side, inside which a mark is on what is looked at."""
TISSUE = 0.25
"""Brightness between air and the brightest parts from which on a cell is tissue."""


def covering(brightness: Values) -> int:
    """Cells of the picture's centre where a drawn mark stands on tissue; 0 for a clean picture.

    Parameters
    ----------
    brightness
        Rows × columns, as displayed: larger is brighter.
    """
    rows, columns = brightness.shape
    side = min(rows, columns)
    if side < 10 * CELLS:
        return 0
    strokes = _strokes(brightness, side)
    if strokes is None:
        return 0
    cell = side // CELLS
    marked = _by_cell(strokes, cell).sum(axis=(1, 3)) >= LEAST_PIXELS
    medians = np.median(_by_cell(brightness, cell)[:, ::4, :, ::4], axis=(1, 3))
    low, high = np.percentile(medians, (2, 98))
    tissue = (medians > low + TISSUE * (high - low)) & ~marked
    return int((marked & _beside(tissue) & _central(*marked.shape)).sum())


def _strokes(brightness: Values, side: int) -> npt.NDArray[np.bool_] | None:
    top = brightness.max()
    lit = brightness == top
    share = float(lit.mean())
    if not 0 < share <= MOST_OF_PICTURE:
        return None
    rest = brightness[::4, ::4][~lit[::4, ::4]]
    if rest.size == 0 or float(top) - float(np.percentile(rest, 99.9)) < 0.02 * (
        float(top) - float(rest.min())
    ):
        # The brightest anatomy runs up to the highest value: nothing was drawn above it.
        return None
    strokes: npt.NDArray[np.bool_] = lit & ~_thick(lit, max(8, side // THICKEST))
    return strokes


def _thick(lit: npt.NDArray[np.bool_], size: int) -> npt.NDArray[np.bool_]:
    """Where a square of `size` pixels fits inside, grown back to the square."""
    full = _box_sum(lit.astype(np.int32), size) == size * size
    grown: npt.NDArray[np.bool_] = np.zeros_like(lit)
    rows, columns = np.nonzero(full)
    if rows.size:
        corners = np.zeros((lit.shape[0] + 1, lit.shape[1] + 1), np.int32)
        np.add.at(corners, (rows, columns), 1)
        np.add.at(corners, (rows + size, columns + size), 1)
        np.add.at(corners, (rows + size, columns), -1)
        np.add.at(corners, (rows, columns + size), -1)
        grown = corners.cumsum(0).cumsum(1)[:-1, :-1] > 0
    return grown


def _box_sum(values: Values, size: int) -> Values:
    """Sum of each square of `size` by its upper left corner."""
    table = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    total: Values = table[size:, size:] - table[:-size, size:] - table[size:, :-size] + table[:-size, :-size]
    return total


def _by_cell(values: Values, cell: int) -> Values:
    rows, columns = values.shape[0] // cell, values.shape[1] // cell
    return values[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell)


def _beside(cells: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Cells most of whose eight neighbours are set, as far as they are inside."""
    padded = np.pad(cells.astype(np.int32), 1)
    rows, columns = cells.shape
    around = sum(
        padded[1 + down : 1 + down + rows, 1 + right : 1 + right + columns]
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
        if down or right
    )
    return np.asarray(around) >= 4


def _central(rows: int, columns: int) -> npt.NDArray[np.bool_]:
    inside = np.zeros((rows, columns), np.bool_)
    top, left = round(rows * (1 - CENTRE) / 2), round(columns * (1 - CENTRE) / 2)
    inside[top : rows - top, left : columns - left] = True
    return inside
