"""Draws soft shapes on a plane, in coordinates from -1 to 1 (x to the patient's left, y to the back).

A picture is built as a painter would: from the outside in, each shape over what is below it.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Plane: TypeAlias = NDArray[np.float32]


class Pencil:
    """Draws soft shapes on one plane; `random` is the only source of chance."""

    def __init__(self, rows: int, columns: int, random: np.random.Generator) -> None:
        self.random = random
        up = np.linspace(-rows / columns, rows / columns, rows, dtype=np.float32)
        across = np.linspace(-1, 1, columns, dtype=np.float32)
        self.x: Plane = np.tile(across, (rows, 1))
        self.y: Plane = np.tile(up[:, None], (1, columns))

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, turn_deg: float = 0.0, edge: float = 0.04
    ) -> Plane:
        """Coverage 0 to 1 of an ellipse; `edge` is the softness relative to its radius."""
        if rx <= 0 or ry <= 0:
            return np.zeros_like(self.x)
        angle = np.deg2rad(turn_deg)
        dx, dy = self.x - x, self.y - y
        u = (dx * np.cos(angle) + dy * np.sin(angle)) / rx
        v = (dy * np.cos(angle) - dx * np.sin(angle)) / ry
        return clip((1 - np.hypot(u, v)) / edge + 0.5, 0, 1)

    def bone(self, x0: float, y0: float, x1: float, y1: float, width: float, flare: float = 0.5) -> Plane:
        """Coverage of a long bone: a rod whose ends flare."""
        length = float(np.hypot(x1 - x0, y1 - y0))
        along = ((self.x - x0) * (x1 - x0) + (self.y - y0) * (y1 - y0)) / length**2
        across = np.abs((self.x - x0) * (y1 - y0) - (self.y - y0) * (x1 - x0)) / length
        half = width * (1 + flare * (2 * clip(along, 0, 1) - 1) ** 4)
        caps = clip(0.5 + np.minimum(along, 1 - along) * length / (0.35 * width), 0, 1)
        return (clip((half - across) / (0.25 * width) + 0.5, 0, 1) * caps).astype(np.float32)

    def noise(self, cells: int) -> Plane:
        """Smooth noise, mean 0 and deviation about 1, with `cells` grains across the picture."""
        rows, columns = self.x.shape
        coarse = self.random.normal(size=(max(2, cells * rows // columns) + 2, cells + 2))
        at_y = np.linspace(0, coarse.shape[0] - 1.001, rows)
        at_x = np.linspace(0, coarse.shape[1] - 1.001, columns)
        iy, ix = at_y.astype(int), at_x.astype(int)
        fy, fx = _smooth(at_y - iy)[:, None], _smooth(at_x - ix)[None, :]
        top = coarse[iy][:, ix] * (1 - fx) + coarse[iy][:, ix + 1] * fx
        below = coarse[iy + 1][:, ix] * (1 - fx) + coarse[iy + 1][:, ix + 1] * fx
        field: Plane = (1.5 * (top * (1 - fy) + below * fy)).astype(np.float32)
        return field

    def grain(self, deviation: float) -> Plane:
        """Noise of the detector."""
        return self.random.normal(0, deviation, self.x.shape).astype(np.float32)


def _smooth(fraction: NDArray[np.float64]) -> NDArray[np.float64]:
    return fraction * fraction * (3 - 2 * fraction)


def over(below: Plane, value: Plane | float, cover: Plane) -> Plane:
    """Paint `value` on `below` where `cover` says so."""
    return (below * (1 - cover) + value * cover).astype(np.float32)


def clip(values: NDArray[np.floating], low: float, high: float) -> Plane:
    """Values held between `low` and `high`."""
    held: Plane = np.clip(values, low, high).astype(np.float32)
    return held
