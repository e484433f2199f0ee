"""One image as quality rules see it: what its header says, and a few figures of its pixels."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFigures:
    """Figures of stored values, taken only where pixels were decoded.

    Parameters
    ----------
    lowest, highest
        Stored values that occur.
    share_darkest, share_brightest
        Share of pixels (0 to 1) at the end of what can be stored that is shown black, and white.
    covering_marks
        Places in the middle of a radiograph where a drawn mark stands on tissue.
    """

    lowest: int
    highest: int
    share_darkest: float
    share_brightest: float
    covering_marks: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """Header of one image; what the header does not say is empty or ``None``.

    Parameters
    ----------
    position_mm, orientation
        ImagePositionPatient (3 values) and ImageOrientationPatient (6 direction cosines).
    acquired_at
        ``YYYYMMDDHHMMSS`` of the acquisition, or of the study where nothing nearer is said.
    laterality
        ``L``, ``R``, ``B`` or ``U`` from (0020,0060) or (0020,0062).
    lossy
        Compressed with loss now or ever: transfer syntax or (0028,2110).
    absent
        Keywords of asked attributes that are absent or empty.
    """

    sop_instance_uid: str
    series_instance_uid: str
    patient_id: str = ""
    patient_name: str = ""
    accession_number: str = ""
    modality: str = ""
    series_number: int | None = None
    series_description: str = ""
    instance_number: int | None = None
    image_type: tuple[str, ...] = ()
    body_part: str = ""
    laterality: str = ""
    view_position: str = ""
    position_mm: tuple[float, ...] = ()
    orientation: tuple[float, ...] = ()
    slice_thickness_mm: float | None = None
    acquisition_time: str = ""
    acquired_at: str = ""
    contrast_agent: str = ""
    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    lossy: bool = False
    absent: tuple[str, ...] = ()
    pixels: PixelFigures | None = None
