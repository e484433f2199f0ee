"""DICOM objects of label tests, to bytes and back."""

from __future__ import annotations

from io import BytesIO

import pydicom
from pydicom.dataset import Dataset


def as_file(ds: Dataset) -> bytes:
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def reread(ds: Dataset) -> Dataset:
    return pydicom.dcmread(BytesIO(as_file(ds)))
