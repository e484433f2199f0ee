"""Drawn anatomy: series that look like an examination at first glance, and depict nobody.

Every picture follows from its seed alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from plugin.demo.anatomy_ct import abdomen_ct, chest_ct, head_ct
from plugin.demo.anatomy_dx import chest_dx, hand_dx
from plugin.demo.anatomy_mr import head_mr, pelvis_mr, spine_mr
from plugin.demo.pencil import Pencil, Plane

Drawer = Callable[[Pencil, float, str], Plane]


@dataclass(frozen=True, slots=True, kw_only=True)
class Phantom:
    """How a drawn examination is laid out.

    Parameters
    ----------
    draw
        ``draw(pencil, z, variant)`` gives the plane at height z, -1 to 1.
    modality
        ``CT``, ``MR`` or ``DX``.
    body_part
        DICOM Body Part Examined (PS3.16 annex L).
    rows, columns, spacing_mm, thickness_mm
        Of one image, and the distance of two.
    orientation
        Image Orientation (Patient), or empty for a projection.
    window
        Centre and width in stored units after rescale.
    views
        View Position of each image of a projection examination.
    """

    draw: Drawer
    modality: str
    body_part: str
    rows: int
    columns: int
    spacing_mm: float
    thickness_mm: float = 5.0
    orientation: tuple[float, ...] = (1, 0, 0, 0, 1, 0)
    window: tuple[float, float] = (40, 400)
    views: tuple[str, ...] = ()


_SAGITTAL = (0.0, 1.0, 0.0, 0.0, 0.0, -1.0)

PHANTOMS: Mapping[str, Phantom] = {
    "head_ct": Phantom(draw=head_ct, modality="CT", body_part="HEAD", rows=256, columns=256, spacing_mm=0.9, thickness_mm=6.0, window=(35, 90)),
    "chest_ct": Phantom(draw=chest_ct, modality="CT", body_part="CHEST", rows=256, columns=256, spacing_mm=1.45, thickness_mm=10.0, window=(-500, 1500)),
    "abdomen_ct": Phantom(draw=abdomen_ct, modality="CT", body_part="ABDOMEN", rows=256, columns=256, spacing_mm=1.4, thickness_mm=8.0, window=(50, 350)),
    "head_mr": Phantom(draw=head_mr, modality="MR", body_part="HEAD", rows=256, columns=256, spacing_mm=0.9, thickness_mm=6.0, window=(450, 900)),
    "pelvis_mr": Phantom(draw=pelvis_mr, modality="MR", body_part="PELVIS", rows=256, columns=256, spacing_mm=1.4, thickness_mm=6.0, window=(450, 900)),
    "spine_mr": Phantom(draw=spine_mr, modality="MR", body_part="LSPINE", rows=256, columns=192, spacing_mm=1.1, thickness_mm=4.0, orientation=_SAGITTAL, window=(450, 900)),
    "chest_dx": Phantom(draw=chest_dx, modality="DX", body_part="CHEST", rows=560, columns=448, spacing_mm=0.75, window=(1050, 1900), views=("PA", "LL")),
    "hand_dx": Phantom(draw=hand_dx, modality="DX", body_part="HAND", rows=560, columns=400, spacing_mm=0.4, window=(1050, 1900), views=("PA", "LLO")),
}  # fmt: skip
"""Name in ``data/*.toml`` to its drawing."""


def planes(name: str, variant: str, count: int, seed: int) -> list[NDArray[np.int16]]:
    """Draw a series, first image lowest (or rightmost).

    Parameters
    ----------
    name
        A key of :data:`PHANTOMS`.
    variant
        What is drawn into it; empty draws a healthy one.
    count
        Number of images.
    seed
        Of all chance in the pictures.

    Returns
    -------
    list of ndarray
        ``int16`` of shape (rows, columns).
    """
    phantom = PHANTOMS[name]
    pencil = Pencil(phantom.rows, phantom.columns, np.random.default_rng(seed))
    heights = np.linspace(-0.9, 0.9, count) if count > 1 else np.array([0.1])
    return [np.rint(phantom.draw(pencil, float(z), variant)).astype(np.int16) for z in heights]
