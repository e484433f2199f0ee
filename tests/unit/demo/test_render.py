"""What the viewer of the demo shows of an image: its window, its corners, and what a presentation state draws."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from plugin.demo.render import corner_texts, grey_png, presentation_texts


@pytest.fixture
def ds() -> Dataset:
    image = Dataset()
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.SOPInstanceUID = "1.2.3"
    image.Rows, image.Columns = 2, 4
    image.BitsAllocated, image.BitsStored, image.HighBit, image.PixelRepresentation = 16, 16, 15, 1
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.RescaleSlope, image.RescaleIntercept = "1", "-1000"
    image.WindowCenter, image.WindowWidth = "40", "80"
    image.PixelData = np.array([[0, 1000, 1040, 3000], [1000, 1080, 1020, 0]], "<i2").tobytes()
    image["PixelData"].VR = "OW"
    return image


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_the_window_maps_its_edges_to_black_and_white(ds):
    grey = pixels(grey_png(ds))

    assert grey[0, 0] == 0
    assert grey[0, 3] == 255
    assert 100 < grey[0, 2] < 160


def test_monochrome1_is_shown_inverted(ds):
    plain = pixels(grey_png(ds)).astype(int)
    ds.PhotometricInterpretation = "MONOCHROME1"

    assert (abs(plain + pixels(grey_png(ds)) - 255) <= 1).all()


def test_corners_show_hanzi_and_the_institution_with_its_mark(ds):
    ds.PatientName = "Zhang^San=张^三"
    ds.InstitutionName = "某某医院 川渝 HR"

    assert corner_texts(ds)["top_left"][0] == "张三"
    assert corner_texts(ds)["top_right"][0] == "某某医院 川渝 HR"


def layer(text: str, *, units: str, corner: list[float], image: str = "") -> Dataset:
    item, drawn = Dataset(), Dataset()
    drawn.UnformattedTextValue = text
    drawn.BoundingBoxAnnotationUnits, drawn.BoundingBoxTopLeftHandCorner = units, corner
    item.TextObjectSequence = [drawn]
    if image:
        reference = Dataset()
        reference.ReferencedSOPInstanceUID = image
        item.ReferencedImageSequence = [reference]
    state = Dataset()
    state.GraphicAnnotationSequence = [item]
    return state


def test_texts_of_a_presentation_state_are_placed_in_per_cent(ds):
    by_pixel = layer("川渝 HR", units="PIXEL", corner=[3.0, 2.0])
    by_share = layer("BJHR", units="DISPLAY", corner=[0.5, 0.25])

    found = presentation_texts([by_pixel, by_share], ds)

    assert [(t.text, t.left, t.top) for t in found] == [("川渝 HR", 50.0, 50.0), ("BJHR", 50.0, 25.0)]


def test_a_state_for_another_image_draws_nothing(ds):
    assert presentation_texts([layer("HR", units="PIXEL", corner=[1, 1], image="9.9")], ds) == []
    assert presentation_texts([layer("HR", units="PIXEL", corner=[1, 1], image="1.2.3")], ds)
