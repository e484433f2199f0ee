"""Mutual recognition (互认): regions, evaluated institutions, and the label that a study may bear."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueItem:
    """One item of a region's list (DB50 附录A): `printed` is the text as printed there."""

    number: int
    modality: str
    body_part: str
    name: str
    printed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A standard of mutual recognition.

    Parameters
    ----------
    mark
        ``HR``, ``BJHR``, ``JJJHR``, ``川渝 HR``.
    placement
        ``after_institution`` (seed 000) or ``top_right`` (seed 003 6.4).
    rank
        The larger, the wider the region; the widest applicable one gives the label (seed 000).
    window_days
        How long a result is honoured; ``None`` where the standard names no window.
    levels
        Levels of institutions taken part without evaluation on its own, for instance ``(2, 3)``.
    items
        Empty: no list, no label (decisions 30).
    """

    region_id: str
    version: str
    name: str
    name_en: str
    mark: str
    placement: str
    rank: int
    clause: str
    valid_from: date | None = None
    valid_to: date | None = None
    window_days: int | None = None
    modalities: tuple[str, ...] = ()
    levels: tuple[int, ...] = ()
    public_only: bool = True
    items: tuple[CatalogueItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """A hospital as the regions see it; `level` is 1 to 3."""

    institution_id: str
    name: str
    level: int
    public: bool = True
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One result of a QC centre: institution × item × device, valid for a time.

    `item_number` 0 means every item of the region; `device` empty means every device.
    """

    evaluation_id: str
    region_id: str
    institution_id: str
    item_number: int
    device: str
    passed: bool
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelDecision:
    """May a study bear a region's label, and if not, every reason why not.

    Parameters
    ----------
    reasons
        Machine codes with a Chinese text each, empty when eligible.
    item
        The catalogue item the study was mapped to.
    versions
        What decided: region version, evaluation IDs, score sheet ID …
    """

    region_id: str
    mark: str
    eligible: bool
    reasons: tuple[tuple[str, str], ...] = ()
    item: CatalogueItem | None = None
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label that was decided on for a study; `withdrawn_at` is set, never deleted."""

    label_id: str
    accession_number: str
    study_instance_uid: str
    decision: LabelDecision
    decided_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_reason: str = ""
