"""C-FIND identifiers: the keys that are asked for at each level (PS3.4 C.6.2.1)."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

STUDY_KEYS = (
    "StudyInstanceUID",
    "PatientID",
    "IssuerOfPatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "StudyDescription",
    "ReferringPhysicianName",
    "ModalitiesInStudy",
    "NumberOfStudyRelatedInstances",
)
SERIES_KEYS = (
    "SeriesInstanceUID",
    "Modality",
    "SeriesNumber",
    "SeriesDescription",
    "NumberOfSeriesRelatedInstances",
)
INSTANCE_KEYS = ("SOPInstanceUID", "SOPClassUID", "InstanceNumber")


def identifier(level: str, keys: Iterable[str], **values: str) -> Dataset:
    """An identifier that matches `values` and asks for `keys`."""
    asked = Dataset()
    asked.QueryRetrieveLevel = level
    for key in keys:
        setattr(asked, key, None)
    for key, value in values.items():
        setattr(asked, key, value)
    return asked
