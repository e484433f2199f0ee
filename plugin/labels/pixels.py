"""A few figures of an image's pixels, for the checks that headers cannot answer (DB50 7.3)."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from plugin.domain.image import PixelFigures
from plugin.labels.burned_in import decode
from plugin.labels.marks import covering

RADIOGRAPHS = frozenset({"CR", "DX", "DR", "RG"})
"""Where devices and people put marks into the picture; a mammogram's stand outside the breast by rule."""


def pixel_figures(ds: Dataset) -> PixelFigures:
    """Figures of all frames of an image.

    Raises
    ------
    InvalidInput
        When the pixels cannot be decoded.
    """
    values, photometric = decode(ds)
    signed, bits = bool(ds.get("PixelRepresentation")), int(ds.BitsStored)
    smallest = -(2 ** (bits - 1)) if signed else 0
    largest = smallest + 2**bits - 1
    darkest, brightest = float(np.mean(values <= smallest)), float(np.mean(values >= largest))
    if photometric == "MONOCHROME1":
        darkest, brightest = brightest, darkest
    flat = ds.get("Modality") in RADIOGRAPHS and values.ndim == 2
    return PixelFigures(
        lowest=int(values.min()),
        highest=int(values.max()),
        share_darkest=darkest,
        share_brightest=brightest,
        covering_marks=covering(-values.astype(np.int32) if photometric == "MONOCHROME1" else values)
        if flat
        else 0,
    )
