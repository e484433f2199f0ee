"""The mark as an overlay plane (60xx): a bitmap beside the pixel data, in copies of the images.

PS3.3 C.9.2.  The plane holds the letters' box alone, not the whole image; a plane without
frame numbers counts for all frames.  Whether and in which colour it is shown is up to the
viewer, and white letters vanish on white.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput
from plugin.labels.burned_in import written_free
from plugin.labels.context import Stamping
from plugin.labels.derived import DerivedOptions, derived
from plugin.labels.header import refuse_not_images, with_meta
from plugin.labels.institution import institution_name
from plugin.labels.plate import BELOW_CORNER_TEXTS, drawn, top_right
from plugin.labels.text import Mark, drawn_text

_INK = 128


def apply(
    options: DerivedOptions, datasets: Sequence[Dataset], mark: Mark, stamping: Stamping
) -> list[Dataset]:
    """Copies with new identities and one more overlay plane; pixel data stay encoded as they are.

    Raises
    ------
    InvalidInput
        For objects that are no images, images too small, or without a free overlay group.
    """
    refuse_not_images(datasets)
    return [_overlaid(options, ds, mark, stamping) for ds in datasets]


def _overlaid(options: DerivedOptions, ds: Dataset, mark: Mark, stamping: Stamping) -> Dataset:
    text = drawn_text(mark, institution_name(ds))
    box, size = top_right(text, int(ds.Rows), int(ds.Columns), BELOW_CORNER_TEXTS)
    box = written_free(ds, box)
    copy = derived(ds, text, "overlay", f"{text}: overlay plane", stamping, options)
    group = _free_group(ds)
    bits = np.packbits((drawn(text, box, size) >= _INK).ravel(), bitorder="little").tobytes()
    for element, vr, value in (
        (0x0010, "US", box.height),
        (0x0011, "US", box.width),
        (0x0022, "LO", f"{text} (recognition)"),
        (0x0040, "CS", "G"),
        (0x0050, "SS", [box.top + 1, box.left + 1]),
        (0x0100, "US", 1),
        (0x0102, "US", 0),
        (0x1500, "LO", text),
        (0x3000, "OW", bits + b"\x00" * (len(bits) % 2)),
    ):
        tag = group << 16 | element
        copy[tag] = DataElement(tag, vr, value)
    return with_meta(copy, ds.file_meta.TransferSyntaxUID)


def _free_group(ds: Dataset) -> int:
    for group in range(0x6000, 0x6020, 2):
        if not ds.group_dataset(group):
            return group
    raise InvalidInput(f"{ds.SOPInstanceUID}", "all sixteen overlay planes are in use")
