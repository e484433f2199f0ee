"""A received file, opened without decoding more than is asked for."""

from __future__ import annotations

from io import BytesIO

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError

from plugin.domain.errors import InvalidInput


def open_part10(raw: bytes) -> Dataset:
    """Read a PS3.10 file; its elements stay as they came until they are looked at.

    Raises
    ------
    InvalidInput
        When it is no DICOM file.
    """
    try:
        return dcmread(BytesIO(raw))
    except (InvalidDicomError, EOFError, ValueError, OSError) as error:
        raise InvalidInput("file", f"is not a DICOM file: {error}") from error
