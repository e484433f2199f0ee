"""Key images: the middle one of each series, drawn once; none where there is none."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from plugin.delivery.view_images import ViewImages


def image(uid: str) -> Dataset:
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, uid
    ds.Rows = ds.Columns = 32
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation = 15, 0
    ds.WindowCenter, ds.WindowWidth = 500, 1000
    ds.PixelData = np.arange(32 * 32, dtype="<u2").tobytes()
    return ds


class Archive:
    """Two series of three images."""

    node = "archive"

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find_studies(self, **keys: str) -> list[Any]:
        return [SimpleNamespace(StudyInstanceUID="1.2")] if keys["AccessionNumber"] == "A1" else []

    def find_series(self, study: str) -> list[Dataset]:
        return [_row(SeriesInstanceUID=f"{study}.{n}", SeriesNumber=n, Modality="CT") for n in (2, 1)]

    def find_instances(self, study: str, series: str) -> list[Dataset]:
        return [
            _row(SOPClassUID=CTImageStorage, SOPInstanceUID=f"{series}.{n}", InstanceNumber=n)
            for n in (3, 1, 2)
        ]

    def get(self, study: str, series: str, sop: str, classes: tuple[str, ...]) -> list[Dataset]:
        self.asked.append(sop)
        return [image(sop)]


def _row(**values: Any) -> Dataset:
    ds = Dataset()
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def viewer(archive: Archive) -> ViewImages:
    uow = SimpleNamespace(reports=SimpleNamespace(latest=lambda number: None))
    return ViewImages(read=lambda query: query(uow), archive=archive)  # type: ignore[arg-type]  # four of its methods


def test_the_middle_image_of_each_series_is_drawn_once() -> None:
    archive = Archive()
    view = viewer(archive)
    pictures = [view.thumbnail("A1", number) for number in (0, 1, 0)]
    assert archive.asked == ["1.2.1.2", "1.2.2.2"]
    assert [Image.open(io.BytesIO(p)).size for p in pictures if p] == [(256, 256)] * 3


def test_what_is_not_there_is_no_picture() -> None:
    view = viewer(Archive())
    assert view.thumbnail("A1", 2) is None
    assert view.thumbnail("A1", -1) is None
    assert view.thumbnail("unknown", 0) is None
    assert view.labelled("unknown") is None


def test_without_a_presentation_state_the_header_speaks() -> None:
    picture = viewer(Archive()).labelled("A1")
    assert picture is not None
    assert Image.open(io.BytesIO(picture)).size == (768, 768)
