"""Images read and written without taking apart what nobody asks for: the same as pydicom's own."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import pydicom
import pytest
from labels_images import as_file as written
from pydicom.dataset import Dataset
from pydicom.uid import JPEGLSLossless

from plugin.domain.errors import InvalidInput
from plugin.labels.context import Stamping
from plugin.labels.image_file import as_file, opened
from plugin.labels.text import Mark, Placement
from plugin.labels.writers import WRITERS

Image = Callable[..., Dataset]
MARKS = (
    Mark(text="BJHR", placement=Placement.TOP_RIGHT),
    Mark(text="川渝 HR", placement=Placement.TOP_RIGHT),
)
FILES = (
    "CT_small.dcm",
    "MR_small_padded.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_RLE.dcm",
    "SC_rgb_rle_2frame.dcm",
    "examples_palette.dcm",
    "MR_small_implicit.dcm",
)


def by_pydicom(ds: Dataset) -> bytes:
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.mark.parametrize("name", FILES)
def test_an_image_is_read_as_pydicom_reads_it(real: Callable[[str], Dataset], name: str) -> None:
    raw = written(real(name))
    here, there = opened(raw), pydicom.dcmread(BytesIO(raw))
    assert here == Dataset(there)
    assert here.file_meta == there.file_meta
    assert here.original_encoding == there.original_encoding
    assert here.original_character_set == there.original_character_set


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("way", ["burned-in", "overlay"])
@pytest.mark.parametrize("mark", MARKS, ids=["ascii", "hanzi"])
def test_a_copy_is_written_as_pydicom_writes_it(
    real: Callable[[str], Dataset], stamping: Stamping, name: str, way: str, mark: Mark
) -> None:
    (copy,) = WRITERS.build(way, {})([opened(written(real(name)))], mark, stamping)
    assert as_file(copy) == by_pydicom(copy)


def test_what_was_not_asked_for_is_not_taken_apart(image: Image, stamping: Stamping) -> None:
    ds = image()
    ds.compress(JPEGLSLossless, generate_instance_uid=False)
    ds.add_new(0x00091001, "UN", b"\x01\x02")
    ds.add_new(0x00090010, "LO", "INVENTED")
    (copy,) = WRITERS.build("burned-in", {})([opened(written(ds))], MARKS[0], stamping)
    assert copy.get_item(0x00091001).is_raw
    assert pydicom.dcmread(BytesIO(as_file(copy)))[0x00091001].value == b"\x01\x02"


def test_big_endian_that_cannot_be_turned_round_is_refused(
    real: Callable[[str], Dataset], stamping: Stamping
) -> None:
    (copy,) = WRITERS.build("burned-in", {})([real("MR_small_bigendian.dcm")], MARKS[0], stamping)
    with pytest.raises(InvalidInput, match="cannot be written again"):
        as_file(copy)


def test_what_is_no_dicom_file_is_refused() -> None:
    with pytest.raises(InvalidInput, match="not a DICOM file"):
        opened(b"no image" * 40)
