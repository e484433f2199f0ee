"""From a data set to what quality rules ask about it; rules themselves know no DICOM library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

from plugin.domain.image import ImageFacts
from plugin.labels.pixels import pixel_figures

# PS3.5 A.4: JPEG baseline and extended, near-lossless JPEG-LS, JPEG 2000 and HTJ2K that may lose.
_LOSSY = frozenset(
    f"1.2.840.10008.1.2.4.{number}"
    for number in ("50", "51", "81", "91", "93", "100", "101", "102", "103", "107", "108", "203")
)


def image_facts(ds: Dataset, required: Sequence[str] = (), pixels: bool = False) -> ImageFacts:
    """Facts of one image.

    Parameters
    ----------
    required
        Keywords to look for; ``A|B`` is there when either is.
    pixels
        Decode the pixels and take their figures, too.

    Raises
    ------
    InvalidInput
        When pixels are asked for and cannot be decoded.
    """
    orientation = _numbers(ds.get("ImageOrientationPatient"))
    position = _numbers(ds.get("ImagePositionPatient"))
    return ImageFacts(
        sop_instance_uid=_text(ds, "SOPInstanceUID"),
        series_instance_uid=_text(ds, "SeriesInstanceUID"),
        patient_id=_text(ds, "PatientID"),
        patient_name=_text(ds, "PatientName"),
        accession_number=_text(ds, "AccessionNumber"),
        modality=_text(ds, "Modality"),
        series_number=_integer(ds, "SeriesNumber"),
        series_description=_text(ds, "SeriesDescription"),
        instance_number=_integer(ds, "InstanceNumber"),
        image_type=tuple(str(value) for value in ds.get("ImageType") or ()),
        body_part=_text(ds, "BodyPartExamined"),
        laterality=_text(ds, "ImageLaterality") or _text(ds, "Laterality"),
        view_position=_text(ds, "ViewPosition"),
        position_mm=position if len(position) == 3 else (),
        orientation=orientation if len(orientation) == 6 else (),
        slice_thickness_mm=_number(ds, "SliceThickness"),
        acquisition_time=_text(ds, "AcquisitionTime"),
        acquired_at=_acquired_at(ds),
        contrast_agent=_text(ds, "ContrastBolusAgent"),
        exposure_index=_number(ds, "ExposureIndex"),
        target_exposure_index=_number(ds, "TargetExposureIndex"),
        deviation_index=_number(ds, "DeviationIndex"),
        lossy=_is_lossy(ds),
        absent=tuple(each for each in required if not any(_text(ds, one) for one in each.split("|"))),
        pixels=pixel_figures(ds) if pixels else None,
    )


def _acquired_at(ds: Dataset) -> str:
    """Fourteen digits of the nearest time that is said with its date; empty without one."""
    for date, time in (
        ("Acquisition", "Acquisition"),
        ("Content", "Content"),
        ("Series", "Series"),
        ("Study", "Study"),
    ):
        day, clock = _text(ds, f"{date}Date"), _text(ds, f"{time}Time")[:6]
        if len(day) == 8 and len(clock) >= 4 and (day + clock).isdigit():
            return (day + clock).ljust(14, "0")
    combined = _text(ds, "AcquisitionDateTime")[:14]
    return combined.ljust(14, "0") if len(combined) >= 12 and combined.isdigit() else ""


def _is_lossy(ds: Dataset) -> bool:
    syntax = str(ds.file_meta.get("TransferSyntaxUID") or "") if hasattr(ds, "file_meta") else ""
    return ds.get("LossyImageCompression") == "01" or UID(syntax) in _LOSSY


def _text(ds: Dataset, keyword: str) -> str:
    value = ds.get(keyword)
    return "" if value is None else str(value).strip()


def _number(ds: Dataset, keyword: str) -> float | None:
    found = _numbers(ds.get(keyword))
    return found[0] if len(found) == 1 else None


def _integer(ds: Dataset, keyword: str) -> int | None:
    value = _number(ds, keyword)
    return None if value is None else int(value)


def _numbers(value: Any) -> tuple[float, ...]:
    """Values that are numbers; devices write other things into DS and IS, which count as not said."""
    if value is None or value == "":
        return ()
    try:
        return (
            (float(value),) if isinstance(value, int | float | str) else tuple(float(each) for each in value)
        )
    except (TypeError, ValueError):
        return ()
