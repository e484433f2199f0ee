"""Marks on invented radiographs: over the anatomy, beside it, and what only looks like a mark."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from plugin.demo.phantoms import planes
from plugin.labels.marks import covering
from plugin.labels.plate import font

Values = npt.NDArray[Any]
PICTURES = ("chest_dx", "hand_dx")


def picture(name: str, rows: int = 1200) -> Values:
    """A phantom enlarged to the size of a detector, with the grain of one."""
    plane = planes(name, "", 2, 1)[0].astype(np.float32)
    image = Image.fromarray(plane).resize(
        (round(rows * plane.shape[1] / plane.shape[0]), rows), Image.BILINEAR
    )
    grain = np.random.default_rng(1).normal(0, 12, (rows, image.size[0]))
    return np.clip(np.asarray(image) + grain, 0, 4000).astype(np.int32)


def stamped(values: Values, x: float, y: float, text: str = "L", share: float = 0.05) -> Values:
    """`text` drawn white with its upper left corner at (`x`, `y`) of the picture."""
    canvas = Image.new("L", values.shape[::-1])
    letters = font(round(values.shape[0] * share))
    ImageDraw.Draw(canvas).text((x * values.shape[1], y * values.shape[0]), text, fill=255, font=letters)
    return np.where(np.asarray(canvas) >= 128, 4095, values)


@pytest.mark.parametrize("name", PICTURES)
def test_a_clean_picture_and_one_marked_at_its_edge_are_let_be(name: str) -> None:
    clean = picture(name)
    assert covering(clean) == 0
    assert covering(stamped(clean, 0.03, 0.02)) == 0
    assert covering(stamped(clean, 0.80, 0.02, "HR")) == 0


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("text", ["L", "R", "HR"])
def test_a_mark_on_the_anatomy_is_seen(name: str, text: str) -> None:
    assert covering(stamped(picture(name), 0.46, 0.5, text)) > 0


def test_what_is_thick_is_metal_and_what_is_everywhere_is_saturation() -> None:
    chest = picture("chest_dx")
    plate = chest.copy()
    plate[500:700, 400:520] = 4095
    assert covering(plate) == 0
    saturated = chest.copy()
    saturated[300:800, 100:900] = 4095
    assert covering(saturated) == 0


def test_bone_of_many_values_is_no_mark() -> None:
    chest = picture("chest_dx")
    chest[600:604, 200:800] = np.random.default_rng(2).integers(3600, 4000, (4, 600))
    assert covering(chest) == 0


def test_small_pictures_are_not_judged() -> None:
    assert covering(np.zeros((100, 100), np.int32)) == 0
    assert covering(np.zeros((800, 800), np.int32)) == 0
