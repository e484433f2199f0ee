"""What a study consists of in the PACS, by its unique identifiers."""

from __future__ import annotations

from dataclasses import dataclass, field

from plugin.domain.patient import Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesEvidence:
    """One series and its objects.

    Parameters
    ----------
    instances
        ``(sop_class_uid, sop_instance_uid)``, in the order they are to be referenced.
    """

    study_instance_uid: str
    series_instance_uid: str
    instances: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentReference:
    """One stored document, by everything that finds it again (PS3.3 table C.17-3)."""

    study_instance_uid: str
    series_instance_uid: str
    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedStudy:
    """A study as the PACS has filed it: what is written about it must say the same to be filed with it.

    Parameters
    ----------
    performed_at
        ``YYYYMMDD HHMMSS`` as far as the PACS tells.
    """

    study_instance_uid: str
    patient: Patient = field(default_factory=Patient)
    accession_number: str = ""
    study_id: str = ""
    performed_at: str = ""
    description: str = ""
    referring_physician: str = ""
    modalities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStudy:
    """A study's documents as one page, and whose they say they are.

    Parameters
    ----------
    patient_ids
        (0010,0020) of each document, each once; more than one where a study is filed wrongly.
    """

    html: str
    patient_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyImage:
    """A picture of one image, to look at and to mark.

    Parameters
    ----------
    png
        Without names in its corners.
    series, place, of
        Number of its series in the study and of the image in its series, both from 1, and how
        many images the series has.
    leads
        The first key image of its series.
    """

    series_instance_uid: str
    sop_instance_uid: str
    png: bytes
    series: int
    place: int
    of: int
    leads: bool = True
