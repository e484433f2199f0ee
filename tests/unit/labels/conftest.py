"""Images for labels: small ones made here, real ones from the pydicom package and the shared folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from labels_images import as_file
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

from plugin.labels.context import Stamping, uids_of

CT_CLASS = "1.2.840.10008.5.1.4.1.1.2"


@pytest.fixture
def stamping() -> Stamping:
    return Stamping(now=datetime(2026, 6, 1, 8, 0, tzinfo=UTC), uid=uids_of("label-1"))


@pytest.fixture
def real() -> Callable[[str], Dataset]:
    """Reads a test file of the pydicom package."""

    def read(name: str) -> Dataset:
        path = get_testdata_file(name)
        assert isinstance(path, str)
        return pydicom.dcmread(path)

    return read


@pytest.fixture
def image() -> Callable[..., Dataset]:
    """Makes one CT-like image, 256 × 256, a bright disk on black."""

    def make(**attributes: object) -> Dataset:
        ds = Dataset()
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.SOPClassUID, ds.SOPInstanceUID = CT_CLASS, generate_uid()
        ds.StudyInstanceUID, ds.SeriesInstanceUID = "1.2.3.1", "1.2.3.1.1"
        ds.PatientName, ds.PatientID, ds.PatientSex = "张三", "P1", "M"
        ds.StudyDate, ds.StudyTime, ds.AccessionNumber = "20260601", "080000", "A1"
        ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "CT", 1, 1
        ds.Manufacturer, ds.InstitutionName = "测试厂商", "测试医院"
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
        ds.Rows = ds.Columns = 256
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
        ds.RescaleSlope, ds.RescaleIntercept = 1, -1024
        ds.WindowCenter, ds.WindowWidth = 40, 400
        y, x = np.mgrid[:256, :256]
        disk = ((y - 128) ** 2 + (x - 128) ** 2 < 90**2) * 1100
        ds.PixelData = disk.astype("<u2").tobytes()
        ds.file_meta = FileMetaDataset()
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.file_meta.MediaStorageSOPClassUID = CT_CLASS
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        for keyword, value in attributes.items():
            setattr(ds, keyword, value)
        return ds

    return make


@pytest.fixture
def folder(tmp_path: Path, image: Callable[..., Dataset]) -> Path:
    """Two images in a series' folder, and what else lies in such folders."""
    study = tmp_path / "in" / "study"
    study.mkdir(parents=True)
    whole = as_file(image())
    (study / "1.dcm").write_bytes(whole)
    (study / "2.dcm").write_bytes(as_file(image(SOPInstanceUID="1.2.3.9")))
    (study / "again.dcm").write_bytes(whole)
    (study / "cut.dcm").write_bytes(as_file(image())[:-500])
    (study / "notes.txt").write_text("no image")
    return tmp_path / "in"
