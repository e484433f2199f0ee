"""What an object that we write takes over from the images it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian

from plugin import __version__
from plugin.domain.errors import InvalidInput
from plugin.labels.charset import recoded
from plugin.labels.context import Stamping, value

_PATIENT_AND_STUDY = (
    "SpecificCharacterSet",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyDescription",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "StudyID",
)
_TYPE_2 = (
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyID",
)
_DATE = re.compile(r"[12]\d{3}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_TIME = re.compile(r"([01]\d|2[0-3])([0-5]\d([0-5]\d(\.\d{1,6})?)?)?")
_FORMS = {"StudyDate": _DATE, "PatientBirthDate": _DATE, "StudyTime": _TIME}

IMPLEMENTATION_UID = UID("2.25.229530466563346927395862434229420129573")


def of_study(ds: Dataset, charset: str = "ISO_IR 192", really: str = "") -> Dataset:
    """Patient, study and general attributes of a new object of the same study.

    Raises
    ------
    InvalidInput
        When texts of the image are not in its declared character set, or it names no study.
    """
    if not ds.get("StudyInstanceUID"):
        raise InvalidInput("StudyInstanceUID", "is empty; the object would belong to no study")
    part = Dataset()
    for keyword in _PATIENT_AND_STUDY:
        if keyword in ds:
            part[keyword] = ds.get_item(keyword)
    new = recoded(part, charset, really)
    for keyword, form in _FORMS.items():
        # Dates of ACR-NEMA times (1997.04.24) and of nobody (00000000) would make our object invalid.
        value = (
            str(new.get(keyword) or "")
            .replace(".", "", 2 if keyword.endswith("Date") else 0)
            .replace(":", "")
        )
        setattr(new, keyword, value if form.fullmatch(value) else None)
    for keyword in _TYPE_2:
        if keyword not in new:
            setattr(new, keyword, None)
    return new


def signed(ds: Dataset, stamping: Stamping, sop_class_uid: str, key: str) -> Dataset:
    """Set identity, creation time, equipment and file meta information of a new object."""
    ds.SOPClassUID = sop_class_uid
    ds.SOPInstanceUID = stamping.uid(key)
    ds.InstanceCreationDate = stamping.now.strftime("%Y%m%d")
    ds.InstanceCreationTime = stamping.now.strftime("%H%M%S")
    if stamping.now.utcoffset() is not None:
        ds.TimezoneOffsetFromUTC = stamping.now.strftime("%z")
    return with_meta(ds, ExplicitVRLittleEndian)


def with_meta(ds: Dataset, transfer_syntax_uid: str) -> Dataset:
    """File meta information for a transfer syntax (PS3.10 7.1)."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = UID(transfer_syntax_uid)
    meta.ImplementationClassUID = IMPLEMENTATION_UID
    meta.ImplementationVersionName = f"SIGNGATE_{__version__}"[:16]
    ds.file_meta = meta
    return ds


def equipment(ds: Dataset) -> None:
    """Who wrote the object: for one that stands in a series of its own."""
    ds.Manufacturer = "SignGate"
    ds.ManufacturerModelName = "SignGate"
    ds.SoftwareVersions = __version__


def by_series(datasets: Iterable[Dataset]) -> list[list[Dataset]]:
    """Images of each series together, in the order given."""

    def series(ds: Dataset) -> str:
        return str(value(ds, "SeriesInstanceUID") or "")

    ordered = sorted(datasets, key=series)
    if ordered and not series(ordered[0]):
        raise InvalidInput("SeriesInstanceUID", "is empty; the image belongs to no series")
    return [list(group) for _, group in groupby(ordered, key=series)]


def refuse_not_images(datasets: Sequence[Dataset]) -> None:
    """Only images can be drawn on.

    Raises
    ------
    InvalidInput
        Naming the first object that is none.
    """
    for ds in datasets:
        if not all(value(ds, each) for each in ("Rows", "Columns", "PhotometricInterpretation")):
            kind = UID(str(ds.get("SOPClassUID") or "")).name or "unknown SOP class"
            where = str(ds.get("SOPInstanceUID") or "object")
            raise InvalidInput(where, f"{kind} without Rows and Columns cannot be drawn on")
