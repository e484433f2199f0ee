"""DICOM series of the demo's examinations, with the headers a modality would write.

Drawn series (phantoms) and the real single images inside the pydicom package, given to
invented patients.  Every UID follows from the data folder's seed, so that a demo started
again in the same folder stores the same objects.
"""

from __future__ import annotations

import uuid
import zlib
from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.uid import (
    UID,
    CTImageStorage,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    MRImageStorage,
)

from plugin import __version__
from plugin.demo.cases import DemoCase
from plugin.demo.phantoms import PHANTOMS, Phantom, planes

_NAMESPACE = uuid.UUID("6b0c63e0-6f3c-5f2b-9d0b-0d3f6a5d7a11")
_SOP_CLASSES = {
    "CT": CTImageStorage,
    "MR": MRImageStorage,
    "DX": DigitalXRayImageStorageForPresentation,
}
_DEVICES = {
    "CT": ("SignGate Phantoms", "Drawn CT", "CT01"),
    "MR": ("SignGate Phantoms", "Drawn MR", "MR01"),
    "DX": ("SignGate Phantoms", "Drawn DR", "DR01"),
}
_REGIONS = {
    "HEAD": ("69536005", "Head"),
    "CHEST": ("43799004", "Chest"),
    "ABDOMEN": ("818981001", "Abdomen"),
    "PELVIS": ("12921003", "Pelvis"),
    "LSPINE": ("122496007", "Lumbar spine"),
    "HAND": ("85562004", "Hand"),
}
"""Body Part Examined to SNOMED CT code and meaning (PS3.16 annex L, CID 4009 for DX)."""


def make_uid(seed: str, *parts: str) -> str:
    """A DICOM UID under 2.25 that follows from the seed and its parts alone (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid5(_NAMESPACE, '/'.join((seed, *parts))).int}"


def study_uid(seed: str, accession_number: str) -> str:
    """Study Instance UID of an examination in the data folder with this seed."""
    return make_uid(seed, accession_number)


def build_series(case: DemoCase, seed: str, institution: str) -> list[FileDataset]:
    """Build all images of one examination.

    Parameters
    ----------
    case
        Names, times and the drawing to use.
    seed
        Of the data folder.
    institution
        Institution Name (0008,0080), Hanzi allowed.

    Returns
    -------
    list of FileDataset
        Explicit VR Little Endian, ``ISO_IR 192``, ready for C-STORE.
    """
    images = case.file.images
    if images.pydicom:
        return [_real_image(case, seed, institution)]
    phantom = PHANTOMS[images.phantom]
    chance = zlib.crc32(case.accession_number.encode())
    drawn = planes(images.phantom, images.variant, images.count, chance)
    return [_drawn_image(case, seed, institution, phantom, drawn, number) for number in range(len(drawn))]


def _drawn_image(
    case: DemoCase,
    seed: str,
    institution: str,
    phantom: Phantom,
    drawn: Sequence[NDArray[np.int16]],
    number: int,
) -> FileDataset:
    ds = _new_file(_SOP_CLASSES[phantom.modality], make_uid(seed, case.accession_number, "1", str(number)))
    _identify(ds, case, seed, institution, number)
    maker, model, station = _DEVICES[phantom.modality]
    ds.Modality = phantom.modality
    ds.Manufacturer, ds.ManufacturerModelName, ds.StationName = maker, model, station
    ds.DeviceSerialNumber, ds.SoftwareVersions = "0001", __version__
    ds.BodyPartExamined = phantom.body_part
    ds.BurnedInAnnotation = "NO"
    _put_pixels(ds, drawn[number], signed=phantom.modality == "CT")
    ds.WindowCenter, ds.WindowWidth = (_number(part) for part in phantom.window)
    if phantom.modality == "DX":
        _describe_projection(ds, case, phantom, number)
    else:
        _describe_section(ds, phantom, number, len(drawn))
    if phantom.modality == "CT":
        ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "HU"
        ds.KVP, ds.XRayTubeCurrent, ds.ExposureTime = "120", "200", "500"
        ds.ConvolutionKernel, ds.GantryDetectorTilt = "STANDARD", "0"
    elif phantom.modality == "MR":
        ds.ImageType = ["ORIGINAL", "PRIMARY", "OTHER"]
        ds.ScanningSequence, ds.SequenceVariant, ds.ScanOptions = "SE", "SK", ""
        ds.MRAcquisitionType, ds.MagneticFieldStrength = "2D", "1.5"
        ds.RepetitionTime, ds.EchoTime, ds.EchoTrainLength, ds.FlipAngle = "4000", "98", "16", "90"
    return ds


def _describe_section(ds: FileDataset, phantom: Phantom, number: int, count: int) -> None:
    """Frame of reference, orientation and place of a cross section (PS3.3 C.7.6.2)."""
    ds.FrameOfReferenceUID = f"{ds.SeriesInstanceUID}.1"
    ds.PositionReferenceIndicator = ""
    ds.PixelSpacing = [_number(phantom.spacing_mm)] * 2
    ds.SliceThickness = ds.SpacingBetweenSlices = _number(phantom.thickness_mm)
    ds.ImageOrientationPatient = [_number(part) for part in phantom.orientation]
    along = (number - (count - 1) / 2) * phantom.thickness_mm
    half_width = phantom.spacing_mm * (phantom.columns - 1) / 2
    half_height = phantom.spacing_mm * (phantom.rows - 1) / 2
    sagittal = phantom.orientation[0] == 0
    place = (along, -half_width, half_height) if sagittal else (-half_width, -half_height, along)
    ds.ImagePositionPatient = [_number(part) for part in place]
    ds.SliceLocation = _number(along)
    ds.PatientPosition = "HFS"
    if ds.Modality == "CT":
        del ds.SpacingBetweenSlices


def _describe_projection(ds: FileDataset, case: DemoCase, phantom: Phantom, number: int) -> None:
    """What a DX image must say of its view and grey scale (PS3.3 A.26)."""
    view = phantom.views[number % len(phantom.views)]
    ds.ImageType = ["ORIGINAL", "PRIMARY", ""]
    ds.PresentationIntentType = "FOR PRESENTATION"
    ds.ImagerPixelSpacing = [_number(phantom.spacing_mm)] * 2
    ds.PixelSpacing = ds.ImagerPixelSpacing
    ds.PixelIntensityRelationship, ds.PixelIntensityRelationshipSign = "LOG", 1
    ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = "0", "1", "US"
    ds.PresentationLUTShape, ds.LossyImageCompression = "IDENTITY", "00"
    ds.DetectorType = "DIRECT"
    ds.PositionerType = "NONE"
    ds.KVP = "110" if phantom.body_part == "CHEST" else "55"
    side = case.file.images.laterality or "U"
    ds.ImageLaterality = side
    ds.PatientOrientation = ["A", "F"] if view == "LL" else ["L", "F"]
    ds.ViewPosition = view
    ds.AnatomicRegionSequence = DicomSequence([_code(*_REGIONS[phantom.body_part])])
    code = {"PA": ("399348003", "postero-anterior"), "LL": ("399173006", "left lateral")}
    ds.ViewCodeSequence = DicomSequence([_code(*code.get(view, ("399182000", "oblique")))])
    ds.AcquisitionContextSequence = DicomSequence([])
    ds.WindowCenterWidthExplanation = "NORMAL"


def _real_image(case: DemoCase, seed: str, institution: str) -> FileDataset:
    """A real image of the pydicom package (MIT licence) with an invented person's header.

    Only what describes pixels, geometry and technique is taken over; everything that
    could name a person, a place or a device stays behind.
    """
    path = get_testdata_file(case.file.images.pydicom, download=False)
    if path is None:
        raise FileNotFoundError(f"the pydicom package has no {case.file.images.pydicom}")
    source = dcmread(str(path))
    ds = _new_file(str(source.SOPClassUID), make_uid(seed, case.accession_number, "1", "0"))
    _identify(ds, case, seed, institution, 0)
    for keyword in _KEPT_OF_REAL_IMAGES:
        if keyword in source:
            ds[keyword] = source[keyword]
    if ds.Modality == "MR":
        ds.ScanOptions = ""
    ds.Manufacturer = "SignGate Samples"
    ds.FrameOfReferenceUID = f"{ds.SeriesInstanceUID}.1"
    ds.PositionReferenceIndicator = ""
    ds.BodyPartExamined = "TSPINE" if ds.Modality == "CT" else "ABDOMEN"
    ds.BurnedInAnnotation = "NO"
    ds.PatientPosition = "HFS"
    if "WindowCenter" not in ds:
        values = ds.pixel_array * float(ds.get("RescaleSlope", 1)) + float(ds.get("RescaleIntercept", 0))
        low, high = (float(edge) for edge in np.percentile(values, (2, 99)))
        ds.WindowCenter, ds.WindowWidth = _number((low + high) / 2), _number(max(high - low, 1))
    return ds


_KEPT_OF_REAL_IMAGES = (
    "ImageType", "Modality", "SliceThickness", "KVP", "RepetitionTime", "EchoTime", "EchoTrainLength",
    "FlipAngle", "ScanningSequence", "SequenceVariant", "MRAcquisitionType",
    "MagneticFieldStrength", "SpacingBetweenSlices", "GantryDetectorTilt", "ConvolutionKernel",
    "ImagePositionPatient", "ImageOrientationPatient", "SliceLocation", "SamplesPerPixel",
    "PhotometricInterpretation", "Rows", "Columns", "PixelSpacing", "BitsAllocated", "BitsStored", "HighBit",
    "PixelRepresentation", "PixelPaddingValue", "WindowCenter", "WindowWidth", "RescaleIntercept",
    "RescaleSlope", "PixelData",
)  # fmt: skip


def _new_file(sop_class_uid: str, sop_instance_uid: str) -> FileDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(sop_instance_uid)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.SOPClassUID, ds.SOPInstanceUID = UID(sop_class_uid), UID(sop_instance_uid)
    return ds


def _identify(ds: FileDataset, case: DemoCase, seed: str, institution: str, number: int) -> None:
    """Patient, study, series and equipment as far as all modalities share them."""
    person, order = case.file.patient, case.file.order
    ds.PatientName = f"{person.pinyin}={person.name[0]}^{person.name[1:]}"
    ds.PatientID, ds.IssuerOfPatientID = person.patient_id, "HIS"
    ds.PatientSex, ds.PatientBirthDate = person.sex, person.birth_date.replace("-", "")
    ds.PatientAge = f"{int(person.age.removesuffix('岁')):03d}Y"
    ds.StudyInstanceUID = study_uid(seed, case.accession_number)
    ds.SeriesInstanceUID = make_uid(seed, case.accession_number, "1")
    ds.AccessionNumber, ds.StudyID = order.accession_number, order.placer_order_number[-8:]
    ds.StudyDescription, ds.SeriesDescription = order.exam_item, case.file.images.series
    ds.ReferringPhysicianName = f"Physician^{order.ordering_provider}={order.ordering_name}"
    ds.OperatorsName = f"Technician^{order.modality}={case.file.exam.technician}"
    ds.InstitutionName = institution
    ds.SeriesNumber, ds.InstanceNumber, ds.AcquisitionNumber = "1", str(number + 1), "1"
    # DX says its side in Image Laterality; other images only where the part is paired.
    if case.file.images.laterality and order.modality != "DR":
        ds.Laterality = case.file.images.laterality
    _stamp_times(ds, case.performed_at)


def _stamp_times(ds: FileDataset, performed_at: datetime) -> None:
    for what in ("Study", "Series", "Acquisition", "Content"):
        setattr(ds, f"{what}Date", performed_at.strftime("%Y%m%d"))
        setattr(ds, f"{what}Time", performed_at.strftime("%H%M%S"))
    ds.TimezoneOffsetFromUTC = performed_at.strftime("%z")


def _put_pixels(ds: FileDataset, plane: NDArray[np.int16], *, signed: bool) -> None:
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.Rows, ds.Columns = plane.shape
    ds.BitsAllocated, ds.PixelRepresentation = 16, int(signed)
    ds.BitsStored, ds.HighBit = (16, 15) if signed else (12, 11)
    ds.PixelData = (plane if signed else np.clip(plane, 0, 4095)).astype("<i2").tobytes()
    ds["PixelData"].VR = "OW"


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "SCT", meaning
    return item


def _number(value: float) -> str:
    """A DS of at most 16 characters."""
    return f"{value:.6g}"
