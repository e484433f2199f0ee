"""What an image check is given, and what it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from plugin.domain.image import ImageFacts
from plugin.kit.registry import Options
from plugin.rules.recognition.names import ItemName


class CheckOptions(Options):
    """What every check has: the clause it stands on, and how much an issue matters."""

    clause: str
    severity: Literal["error", "warning", "info"] = "warning"


class OfModalities(CheckOptions):
    """Options of checks that concern some modalities only."""

    modalities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in Chinese."""

    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyImages:
    """Images of one study beside its order.

    Parameters
    ----------
    item
        The ordered item taken apart, ``None`` when it is not known.
    exam_item
        The same as the RIS wrote it.
    patient_id, accession_number
        What the order says; empty when there is none.
    """

    images: tuple[ImageFacts, ...]
    item: ItemName | None = None
    exam_item: str = ""
    patient_id: str = ""
    accession_number: str = ""

    def of(self, modalities: Sequence[str]) -> tuple[ImageFacts, ...]:
        """Images of some modalities; all when none is named."""
        return tuple(each for each in self.images if not modalities or each.modality in modalities)

    def series(self, modalities: Sequence[str]) -> list[list[ImageFacts]]:
        """Original images of some modalities by series; localizers and derived ones left out."""
        groups: dict[str, list[ImageFacts]] = {}
        for each in self.of(modalities):
            if "LOCALIZER" not in each.image_type and "DERIVED" not in each.image_type:
                groups.setdefault(each.series_instance_uid, []).append(each)
        return list(groups.values())
