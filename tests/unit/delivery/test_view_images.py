"""Key images: spread over the study, drawn once; none where there is none."""

from __future__ import annotations

import io
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from plugin.delivery.view_images import LISTED_FOR_S, ViewImages, spread
from plugin.domain.imaging import SeriesEvidence


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
        self.listed = 0

    def find_studies(self, **keys: str) -> list[Any]:
        return [_row(StudyInstanceUID="1.2", **keys)] if keys["AccessionNumber"] == "A1" else []

    def find_series(self, study: str) -> list[Dataset]:
        self.listed += 1
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


def viewer(archive: Archive, monotonic: Callable[[], float] = lambda: 0.0) -> ViewImages:
    uow = SimpleNamespace(reports=SimpleNamespace(latest=lambda number: None))
    return ViewImages(
        read=lambda query: query(uow),  # type: ignore[arg-type]  # one of its repositories
        archive=archive,  # type: ignore[arg-type]  # four of its methods
        monotonic=monotonic,
    )


def test_every_image_of_a_small_study_is_drawn_once() -> None:
    archive = Archive()
    view = viewer(archive)
    pictures = [view.thumbnail("A1", number) for number in (*range(6), 0)]
    assert archive.asked == [f"1.2.{series}.{place}" for series in (1, 2) for place in (1, 2, 3)]
    assert [Image.open(io.BytesIO(p.png)).size for p in pictures if p] == [(256, 256)] * 7
    assert [(p.sop_instance_uid, p.series, p.place, p.of) for p in pictures if p][4] == ("1.2.2.2", 2, 2, 3)


def test_the_archive_is_asked_once_for_what_a_study_has() -> None:
    archive, seconds = Archive(), [0.0]
    view = viewer(archive, lambda: seconds[0])
    for number in range(6):
        view.thumbnail("A1", number)
    assert archive.listed == 1
    seconds[0] = LISTED_FOR_S
    view.thumbnail("A1", 0)
    assert archive.listed == 2


@pytest.mark.parametrize(
    ("lengths", "places"),
    [
        ([1], [(1, 1)]),
        ([3, 300], [(1, 2), (2, 31), (2, 91), (2, 151), (2, 211), (2, 271)]),
        ([9] * 8, [(n, 5) for n in range(1, 7)]),
        ([], []),
        ([2, 2, 2], [(1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2)]),
    ],
)
def test_key_images_are_spread_over_the_study(lengths: list[int], places: list[tuple[int, int]]) -> None:
    series = [
        SeriesEvidence(
            study_instance_uid="1.2",
            series_instance_uid=f"1.2.{number}",
            instances=tuple((CTImageStorage, f"1.2.{number}.{place}") for place in range(length)),
        )
        for number, length in enumerate(lengths)
    ]
    assert [(one.number, one.place) for one in spread(series, 6)] == places


def test_what_is_not_there_is_no_picture() -> None:
    view = viewer(Archive())
    assert view.thumbnail("A1", 6) is None
    assert view.thumbnail("A1", -1) is None
    assert view.thumbnail("unknown", 0) is None
    assert view.labelled("unknown") is None


def test_without_a_presentation_state_the_header_speaks() -> None:
    picture = viewer(Archive()).labelled("A1")
    assert picture is not None
    assert Image.open(io.BytesIO(picture)).size == (768, 768)
