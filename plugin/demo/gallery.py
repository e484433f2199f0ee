"""Looks into the PACS as a viewer does: C-FIND, C-GET, and what it got, kept for a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from pydicom.dataset import Dataset

from plugin.demo.render import OverlaidText, corner_texts, grey_png, presentation_texts
from plugin.domain.errors import DeliveryFailed
from plugin.pacs.scu import Scu

_FRESH_S = 3.0
_DOCUMENTS = {"SR", "PR", "KO", "DOC", "SEG"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageView:
    """One image as the page shows it; `key` changes when its object does."""

    number: int
    sop_instance_uid: str
    corners: dict[str, list[str]]
    labels: list[OverlaidText]
    rows: int
    columns: int


class Gallery:
    """The objects of a study, fetched from the PACS when they are asked for.

    Parameters
    ----------
    scu
        A viewer's association to the PACS.
    """

    def __init__(self, scu: Scu, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._scu, self._monotonic = scu, monotonic
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, list[Dataset]]] = {}

    def objects(self, study_instance_uid: str) -> list[Dataset]:
        """All objects of a study by C-GET, not older than a few seconds.

        Raises
        ------
        DeliveryFailed
            When the PACS does not answer.
        """
        with self._lock:
            at, found = self._kept.get(study_instance_uid, (0.0, []))
            if found and self._monotonic() - at < _FRESH_S:
                return found
            found = self._fetch(study_instance_uid)
            self._kept[study_instance_uid] = (self._monotonic(), found)
            if len(self._kept) > 4:
                # A viewer holds a few studies, not the archive.
                oldest = min(self._kept, key=lambda uid: self._kept[uid][0])
                del self._kept[oldest]
            return found

    def _fetch(self, study_instance_uid: str) -> list[Dataset]:
        try:
            return self._scu.get(study_instance_uid)
        except DeliveryFailed:
            # An object of a new kind may arrive between the question what there is and the
            # C-GET that proposed the rest; a second failure is the PACS's own.
            return self._scu.get(study_instance_uid)

    def images(self, study_instance_uid: str) -> list[ImageView]:
        """Images in their order, each with its corner texts and what presentation states draw on it."""
        objects = self.objects(study_instance_uid)
        states = [ds for ds in objects if ds.get("Modality") == "PR"]
        return [
            ImageView(
                number=number,
                sop_instance_uid=str(ds.SOPInstanceUID),
                corners=corner_texts(ds),
                labels=presentation_texts(states, ds),
                rows=int(ds.Rows),
                columns=int(ds.Columns),
            )
            for number, ds in enumerate(_images(objects))
        ]

    def png(self, study_instance_uid: str, number: int) -> bytes | None:
        """One image under its window, ``None`` when there is no such image."""
        images = _images(self.objects(study_instance_uid))
        return grey_png(images[number]) if 0 <= number < len(images) else None

    def documents(self, study_instance_uid: str) -> list[Dataset]:
        """Structured reports, newest first."""
        found = [ds for ds in self.objects(study_instance_uid) if ds.get("Modality") == "SR"]
        return sorted(
            found, key=lambda ds: f"{ds.get('ContentDate', '')}{ds.get('ContentTime', '')}", reverse=True
        )


def _images(objects: list[Dataset]) -> list[Dataset]:
    images = [ds for ds in objects if ds.get("Modality") not in _DOCUMENTS and "PixelData" in ds]
    return sorted(
        images, key=lambda ds: (int(ds.get("SeriesNumber") or 0), int(ds.get("InstanceNumber") or 0))
    )
