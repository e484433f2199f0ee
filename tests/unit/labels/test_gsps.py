"""Presentation states: seen by a validator, by DCMTK, and by eyes of our own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from conftest import need_tool
from dicom_tools import dciodvfy_errors
from labels_images import as_file, reread
from PIL import Image as Pictures
from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput
from plugin.labels.context import Stamping
from plugin.labels.gsps import COLOR, GRAYSCALE, GspsOptions, build
from plugin.labels.render import show
from plugin.labels.text import Mark, Placement

OPTIONS = GspsOptions()
CHUANYU = Mark(text="川渝 HR", placement=Placement.TOP_RIGHT)
BJHR = Mark(text="BJHR")
Image = Callable[..., Dataset]
Real = Callable[[str], Dataset]


def saved(ds: Dataset, path: Path) -> Path:
    path.write_bytes(as_file(ds))
    return path


def test_one_object_a_series_with_every_image_named(image: Image, stamping: Stamping) -> None:
    first = [image() for _ in range(3)]
    second = [image(SeriesInstanceUID="1.2.3.1.2") for _ in range(2)]
    states = build(OPTIONS, [*first, *second], CHUANYU, stamping)
    named = [
        [ref.ReferencedSOPInstanceUID for ref in state.ReferencedSeriesSequence[0].ReferencedImageSequence]
        for state in states
    ]
    assert named == [[ds.SOPInstanceUID for ds in first], [ds.SOPInstanceUID for ds in second]]
    assert {state.SOPClassUID for state in states} == {GRAYSCALE}
    assert len({state.SOPInstanceUID for state in states}) == 2
    assert len({state.SeriesInstanceUID for state in states}) == 1


def test_a_retry_builds_the_same_bytes(image: Image, real: Real, stamping: Stamping) -> None:
    for ds in (image(), real("examples_rgb_color.dcm")):
        once, again = (build(OPTIONS, [ds], CHUANYU, stamping) for _ in range(2))
        assert [as_file(state) for state in once] == [as_file(state) for state in again]


def test_words_and_place(image: Image, stamping: Stamping) -> None:
    (state,) = build(OPTIONS, [image()], BJHR, stamping)
    words = reread(state).GraphicAnnotationSequence[0].TextObjectSequence[0]
    assert words.UnformattedTextValue == "测试医院 BJHR"
    left, top = words.BoundingBoxTopLeftHandCorner
    right, bottom = words.BoundingBoxBottomRightHandCorner
    assert 128 < left < right <= 256
    assert 1 <= top < bottom < 128
    assert "AnchorPoint" not in words
    assert str(reread(state).PatientName) == "张三"


def test_a_right_mammograms_label_stands_off_the_breast_where_the_region_leaves_that_free(
    image: Image, stamping: Stamping
) -> None:
    right = image(Modality="MG", ImageLaterality="R", PatientOrientation=["P", "L"])
    left = image(Modality="MG", ImageLaterality="L", PatientOrientation=["A", "R"])
    unsaid = image(Modality="MG", PatientOrientation=None)
    chest = image(Modality="DX", PatientOrientation=["P", "F"])

    def at_left(mark: Mark, *images: Dataset) -> dict[str, bool]:
        (state,) = build(OPTIONS, images, mark, stamping)
        items = reread(state).GraphicAnnotationSequence
        return {
            each.ReferencedSOPInstanceUID: item.TextObjectSequence[0].BoundingBoxBottomRightHandCorner[0]
            < 230
            for item in items
            for each in item.get("ReferencedImageSequence")
            or state.ReferencedSeriesSequence[0].ReferencedImageSequence
        }

    expected = {right.SOPInstanceUID: True, left.SOPInstanceUID: False, unsaid.SOPInstanceUID: False}
    assert at_left(BJHR, right, left, unsaid) == expected
    assert at_left(BJHR, right) == {right.SOPInstanceUID: True}
    assert at_left(BJHR, chest) == {chest.SOPInstanceUID: False}
    assert at_left(CHUANYU, right) == {right.SOPInstanceUID: False}


def test_what_differs_in_look_stands_in_its_own_state(image: Image, stamping: Stamping) -> None:
    inverse = image(PhotometricInterpretation="MONOCHROME1")
    rescaled = image(RescaleIntercept=-1000)
    states = build(OPTIONS, [image(), inverse, rescaled, image()], CHUANYU, stamping)
    assert [state.PresentationLUTShape for state in states] == ["IDENTITY", "INVERSE", "IDENTITY"]
    assert [float(state.RescaleIntercept) for state in states] == [-1024, -1024, -1000]


def test_windows_are_kept_image_by_image(image: Image, stamping: Stamping) -> None:
    lung = image(WindowCenter=-600, WindowWidth=1500)
    soft = [image(), image()]
    (state,) = build(OPTIONS, [soft[0], lung, soft[1]], CHUANYU, stamping)
    items = state.SoftcopyVOILUTSequence
    assert [(item.WindowCenter, item.WindowWidth) for item in items] == [(40, 400), (-600, 1500)]
    assert [len(item.ReferencedImageSequence) for item in items] == [2, 1]
    (plain,) = build(OPTIONS, soft, CHUANYU, stamping)
    assert "ReferencedImageSequence" not in plain.SoftcopyVOILUTSequence[0]


@pytest.mark.parametrize("width", [None, 0])
def test_without_a_window_one_is_computed_so_that_nothing_is_flat_grey(
    image: Image, stamping: Stamping, width: int | None
) -> None:
    ds = image(WindowCenter=0, WindowWidth=width) if width is not None else image()
    if width is None:
        del ds.WindowCenter, ds.WindowWidth
    (state,) = build(OPTIONS, [ds], CHUANYU, stamping)
    item = state.SoftcopyVOILUTSequence[0]
    assert (float(item.WindowCenter), float(item.WindowWidth)) == (-474, 1100)


def test_images_of_several_sizes(image: Image, stamping: Stamping) -> None:
    small = image(Rows=128, Columns=128, PixelData=bytes(2 * 128 * 128))
    (state,) = build(OPTIONS, [image(), small], CHUANYU, stamping)
    assert [len(item.ReferencedImageSequence) for item in state.DisplayedAreaSelectionSequence] == [1, 1]
    assert [
        list(item.DisplayedAreaBottomRightHandCorner) for item in state.DisplayedAreaSelectionSequence
    ] == [
        [256, 256],
        [128, 128],
    ]


@pytest.mark.parametrize(
    ("name", "sop_class"),
    [
        ("CT_small.dcm", GRAYSCALE),
        ("MR_small.dcm", GRAYSCALE),
        ("MR_small_jpeg_ls_lossless.dcm", GRAYSCALE),
        ("693_J2KI.dcm", GRAYSCALE),
        ("examples_overlay.dcm", GRAYSCALE),
        ("examples_rgb_color.dcm", COLOR),
        ("examples_ybr_color.dcm", COLOR),
        ("examples_palette.dcm", COLOR),
        ("SC_rgb_rle_2frame.dcm", COLOR),
    ],
)
def test_dciodvfy_finds_no_error(
    real: Real, stamping: Stamping, tmp_path: Path, name: str, sop_class: str
) -> None:
    ds = real(name)
    named = Mark(text="BJHR", institution="" if ds.get("InstitutionName") else "测试医院")
    for mark in (CHUANYU, named):
        (state,) = build(OPTIONS, [ds], mark, stamping)
        assert state.SOPClassUID == sop_class
        assert dciodvfy_errors(saved(state, tmp_path / "state.dcm")) == []


def shared_images(shared: Path) -> list[Path]:
    rows = json.loads((shared / "samples/dicom/manifest.json").read_text(encoding="utf-8"))
    kinds = {"CR", "DX", "MG", "MR", "CT"}
    return [shared / "samples/dicom" / row["file"] for row in rows if row["modality"] in kinds]


@pytest.mark.shared
def test_dciodvfy_on_real_films(shared: Path, stamping: Stamping, tmp_path: Path) -> None:
    checked = 0
    for path in shared_images(shared):
        ds = pydicom.dcmread(path)
        if "Rows" not in ds:
            continue
        for state in build(OPTIONS, [ds], CHUANYU, stamping):
            # An image whose own UIDs have an illegal root can only be referred to by them.
            errors = [e for e in dciodvfy_errors(saved(state, tmp_path / "s.dcm")) if "root for UID" not in e]
            assert errors == [], path.name
            checked += 1
    assert checked > 20


def test_colour_brings_an_input_profile(real: Real, stamping: Stamping) -> None:
    (state,) = build(OPTIONS, [real("examples_rgb_color.dcm")], CHUANYU, stamping)
    assert state.ICCProfile[12:16] == b"scnr"
    assert "PresentationLUTShape" not in state and "SoftcopyVOILUTSequence" not in state


def test_an_image_looks_the_same_with_its_state(image: Image, stamping: Stamping) -> None:
    for ds in (image(), image(PhotometricInterpretation="MONOCHROME1")):
        (state,) = build(OPTIONS, [ds], CHUANYU, stamping)
        bare, with_state = show(ds, corners=False), show(ds, reread(state), corners=False)
        (label,) = with_state.texts
        difference = np.abs(
            np.asarray(bare.screen.convert("L"), int) - np.asarray(with_state.screen.convert("L"), int)
        )
        around = (
            slice(label.box.top - 2, label.box.bottom + 2),
            slice(label.box.left - 2, label.box.right + 2),
        )
        difference[around] = 0
        assert difference.max() <= 1


def test_dcmtk_shows_the_image_as_we_do(image: Image, stamping: Stamping, tmp_path: Path) -> None:
    """dcmp2pgm applies the state (its annotations it does not draw)."""
    tool = need_tool("dcmp2pgm")
    for ds in (image(), image(PhotometricInterpretation="MONOCHROME1")):
        (state,) = build(OPTIONS, [ds], CHUANYU, stamping)
        target = tmp_path / "shown.pgm"
        run = subprocess.run(
            [
                tool,
                "--pstate",
                saved(state, tmp_path / "state.dcm"),
                saved(ds, tmp_path / "image.dcm"),
                target,
            ],
            capture_output=True,
            check=False,
        )
        assert run.returncode == 0, run.stderr.decode()
        theirs = np.asarray(Pictures.open(target).convert("L"), int)
        ours = np.asarray(show(ds, state, size_px=256, corners=False).screen.convert("L"), int)
        assert theirs.shape == ours.shape
        assert (theirs[128, 128] > 127) == (ours[128, 128] > 127)
        assert (theirs[250, 5] > 127) == (ours[250, 5] > 127)


def test_what_cannot_be_drawn_on_is_refused(image: Image, real: Real, stamping: Stamping) -> None:
    with pytest.raises(InvalidInput, match="cannot be drawn on"):
        build(OPTIONS, [real("reportsi.dcm")], CHUANYU, stamping)
    with pytest.raises(InvalidInput, match="several hospitals"):
        build(OPTIONS, [image(), image(InstitutionName="第二医院")], CHUANYU, stamping)
    with pytest.raises(InvalidInput, match="no series"):
        build(OPTIONS, [image(SeriesInstanceUID="")], CHUANYU, stamping)


def test_the_images_are_left_alone(image: Image, stamping: Stamping) -> None:
    ds = image()
    before = as_file(ds)
    build(OPTIONS, [ds], CHUANYU, stamping)
    assert as_file(ds) == before
