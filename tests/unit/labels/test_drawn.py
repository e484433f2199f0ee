"""Overlay and burned-in copies: new objects, the mark readable, everything else as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from dicom_tools import dciodvfy_errors
from labels_images import as_file, reread
from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput
from plugin.labels import burned_in, overlay
from plugin.labels.context import Stamping
from plugin.labels.derived import DerivedOptions
from plugin.labels.plate import Box, font, quiet_place, refuse_unknown_glyphs, top_right
from plugin.labels.render import orientation, show
from plugin.labels.text import Mark, Placement
from plugin.labels.writers import WRITERS

CHUANYU = Mark(text="川渝 HR", placement=Placement.TOP_RIGHT)
Image = Callable[..., Dataset]
Real = Callable[[str], Dataset]

LOSSLESS = [
    "CT_small.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_RLE.dcm",
    "MR_small_jp2klossless.dcm",
    "examples_rgb_color.dcm",
    "examples_palette.dcm",
    "SC_rgb_rle_2frame.dcm",
    "examples_jpeg2k.dcm",
]


def plate_of(ds: Dataset) -> tuple[slice, slice]:
    """Rows and columns of the plate, as the object itself tells them."""
    words = ds.DerivationDescription.split(" at ")[1].replace("x ", "").replace("y ", "")
    x, y = (part.split("-") for part in words.split(", "))
    return slice(int(y[0]) - 1, int(y[1])), slice(int(x[0]) - 1, int(x[1]))


@pytest.mark.parametrize("name", LOSSLESS)
def test_pixels_outside_the_plate_are_the_same(real: Real, stamping: Stamping, name: str) -> None:
    ds = real(name)
    (new,) = burned_in.apply(DerivedOptions(), [ds], CHUANYU, stamping)
    new = reread(new)
    assert new.file_meta.TransferSyntaxUID == ds.file_meta.TransferSyntaxUID
    before, after = burned_in.decode(ds)[0], burned_in.decode(new)[0]
    shape = (-1, int(ds.Rows), int(ds.Columns), int(ds.SamplesPerPixel))
    before, after = before.reshape(shape), after.reshape(shape)
    rows, columns = plate_of(new)
    for frame in after:
        inside = frame[rows, columns]
        assert len(np.unique(inside.reshape(-1, inside.shape[-1]), axis=0)) == 2
    before[:, rows, columns] = after[:, rows, columns] = 0
    assert np.array_equal(before, after)


@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
@pytest.mark.parametrize("background", [0, 4000])
def test_white_letters_on_a_black_plate_whatever_is_behind(
    image: Image, stamping: Stamping, photometric: str, background: int
) -> None:
    pixels = np.full((256, 256), background, "<u2")
    ds = image(PhotometricInterpretation=photometric, PixelData=pixels.tobytes())
    (new,) = burned_in.apply(DerivedOptions(), [ds], CHUANYU, stamping)
    rows, columns = plate_of(new)
    shown = np.asarray(show(new, size_px=256, corners=False).screen.convert("L"))[rows, columns]
    assert shown.max() == 255 and shown.min() == 0
    assert shown[0].max() == 0, "the plate has a black rim"
    assert 0.1 < (shown > 127).mean() < 0.5


def test_the_plate_leaves_the_corner_to_the_viewer_where_the_picture_allows(
    image: Image, stamping: Stamping
) -> None:
    pixels = np.full((256, 256), 24, "<u2")  # air, as the fixture scales it
    (free,) = burned_in.apply(DerivedOptions(), [image(PixelData=pixels.tobytes())], CHUANYU, stamping)
    rows, columns = plate_of(free)
    assert rows.start >= 0.14 * 256 and columns.stop > 250
    # A scanner's circle in the way is no anatomy; a shoulder is.
    pixels[rows.start : rows.start + 4, columns] = 0
    circle, shoulder = image(PixelData=pixels.tobytes()), pixels.copy()
    shoulder[rows, columns] = np.arange(columns.stop - columns.start) * 20
    (same,) = burned_in.apply(DerivedOptions(), [circle], CHUANYU, stamping)
    assert plate_of(same) == (rows, columns)
    (above,) = burned_in.apply(DerivedOptions(), [image(PixelData=shoulder.tobytes())], CHUANYU, stamping)
    assert plate_of(above)[0].stop <= rows.start
    assert plate_of(above)[1] == columns


def test_a_derived_image_says_what_it_is(image: Image, stamping: Stamping) -> None:
    ds = image(SpecificCharacterSet="ISO_IR 100", PatientName="Müller", InstitutionName="H", Manufacturer="M")
    before = as_file(ds)
    (new,) = burned_in.apply(DerivedOptions(), [ds], CHUANYU, stamping)
    assert as_file(ds) == before
    new = reread(new)
    assert list(new.ImageType) == ["DERIVED", "PRIMARY", "AXIAL"]
    assert new.SOPInstanceUID != ds.SOPInstanceUID and new.SeriesInstanceUID != ds.SeriesInstanceUID
    assert new.StudyInstanceUID == ds.StudyInstanceUID
    source = new.SourceImageSequence[0]
    assert source.ReferencedSOPInstanceUID == ds.SOPInstanceUID
    assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "121322"
    assert (new.SpecificCharacterSet, str(new.PatientName)) == ("ISO_IR 192", "Müller")
    assert new.SeriesDescription == "川渝 HR"


@pytest.mark.parametrize("way", ["overlay", "burned-in"])
@pytest.mark.parametrize(
    "name", ["CT_small.dcm", "MR_small.dcm", "examples_rgb_color.dcm", "examples_jpeg2k.dcm"]
)
def test_no_errors_that_the_original_has_not(
    real: Real, stamping: Stamping, tmp_path: Path, way: str, name: str
) -> None:
    ds = real(name)
    (new,) = WRITERS.build(way, {})([ds], CHUANYU, stamping)
    (tmp_path / "old.dcm").write_bytes(as_file(ds))
    (tmp_path / "new.dcm").write_bytes(as_file(new))
    assert set(dciodvfy_errors(tmp_path / "new.dcm")) <= set(dciodvfy_errors(tmp_path / "old.dcm"))


def test_an_overlay_leaves_pixel_data_as_they_are_encoded(real: Real, stamping: Stamping) -> None:
    ds = real("MR_small_jpeg_ls_lossless.dcm")
    (new,) = overlay.apply(DerivedOptions(), [ds], CHUANYU, stamping)
    new = reread(new)
    assert new.PixelData == ds.PixelData
    assert new.file_meta.TransferSyntaxUID == ds.file_meta.TransferSyntaxUID
    assert new[0x6000, 0x1500].value == "川渝 HR"


def test_overlays_in_use_are_left_alone(real: Real, stamping: Stamping) -> None:
    ds = real("examples_overlay.dcm")
    used = {group for group in range(0x6000, 0x6020, 2) if ds.group_dataset(group)}
    (new,) = overlay.apply(DerivedOptions(), [ds], CHUANYU, stamping)
    after = {group for group in range(0x6000, 0x6020, 2) if new.group_dataset(group)}
    assert used and len(after - used) == 1
    for group in used:
        assert new.group_dataset(group) == ds.group_dataset(group)


def test_the_overlay_is_drawn_where_it_says(image: Image, stamping: Stamping) -> None:
    ds = image(PixelData=bytes(2 * 256 * 256))
    (new,) = overlay.apply(DerivedOptions(), [ds], CHUANYU, stamping)
    shown = np.asarray(show(reread(new), size_px=256, corners=False).screen.convert("L"))
    rows, columns = np.nonzero(shown > 127)
    assert columns.min() > 128 and rows.max() < 128


def test_devices_texts_are_not_written_over(real: Real, stamping: Stamping) -> None:
    """The ultrasound image bears texts in its upper right corner."""
    ds = real("examples_rgb_color.dcm")
    (new,) = burned_in.apply(DerivedOptions(), [ds], CHUANYU, stamping)
    rows, columns = plate_of(new)
    behind = burned_in.decode(ds)[0][rows, columns]
    assert int(behind.max()) - int(behind.min()) < 0.12 * 255


def test_a_quiet_place_is_sought_in_the_upper_right() -> None:
    gray = np.zeros((300, 300))
    gray[:40, 200:] = np.arange(4000).reshape(40, 100) % 255
    box = Box(220, 5, 295, 25)
    place = quiet_place(gray, box)
    assert (place.width, place.height) == (box.width, box.height)
    assert gray[place.top : place.bottom, place.left : place.right].max() == 0
    noisy = np.arange(90000).reshape(300, 300) * 7 % 255.0
    assert quiet_place(noisy, box) == box


@pytest.mark.parametrize(("rows", "columns"), [(128, 128), (512, 512), (3062, 2394), (350, 800), (240, 320)])
def test_letters_fit_the_upper_right_corner(rows: int, columns: int) -> None:
    for text in ("川渝 HR", "测试大学附属医院 BJHR"[-8:]):
        box, size = top_right(text, rows, columns)
        assert 0 < box.top < box.bottom <= rows / 3
        assert 0 <= box.left < box.right <= columns and box.right > columns * 0.9
        assert font(size).getlength(text) <= box.width
        assert size >= 9


def test_too_small_images_are_refused(image: Image, stamping: Stamping) -> None:
    with pytest.raises(InvalidInput, match="too few"):
        top_right("川渝 HR", 16, 16)


def test_characters_that_the_font_lacks_are_named() -> None:
    refuse_unknown_glyphs("重庆医院 川渝 HR")
    with pytest.raises(InvalidInput, match="𠮷"):
        refuse_unknown_glyphs("𠮷野医院")


def test_what_cannot_be_decoded_is_refused_with_its_transfer_syntax(image: Image, stamping: Stamping) -> None:
    ds = image()
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.4.100"
    with pytest.raises(InvalidInput, match=r"MPEG2.*cannot be decoded"):
        burned_in.apply(DerivedOptions(), [ds], CHUANYU, stamping)
    with pytest.raises(InvalidInput, match="cannot be decoded"):
        burned_in.apply(DerivedOptions(), [image(PixelData=b"\x00" * 100)], CHUANYU, stamping)


def test_the_label_cannot_be_taken_for_an_orientation_mark(real: Real, stamping: Stamping) -> None:
    """A mammogram's upper edge may read HR, Head-Right; the label never stands at the middle of an edge."""
    ds = real("CT_small.dcm")
    assert orientation(ds) == ("L", "P")
    (state,) = WRITERS.build("gsps", {})([ds], Mark(text="HR", placement=Placement.TOP_RIGHT), stamping)
    shown = show(ds, state)
    (label,) = [text for text in shown.texts if text.source == "annotation"]
    assert label.text.endswith(" HR") and label.text != "HR"
    for mark in (text for text in shown.texts if text.source == "orientation"):
        apart = label.box.left > mark.box.right or label.box.top > mark.box.bottom
        assert apart or label.box.bottom < mark.box.top


def test_the_institution_line_stands_top_right(image: Image, stamping: Stamping) -> None:
    (new,) = WRITERS.build("institution", {})([image()], CHUANYU, stamping)
    shown = show(new)
    first = min(
        (text for text in shown.texts if text.box.left > 384 and text.text), key=lambda text: text.box.top
    )
    assert first.text == "测试医院 川渝 HR"
    assert first.box.top < 40 and first.box.right <= 768
