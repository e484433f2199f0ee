"""Images of a study as PNG for a page: some keys to the study, and one with its label.

Asked for while somebody waits, so it fetches single objects and keeps what it has drawn.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import structlog

from plugin.delivery.ports import Reader
from plugin.domain.errors import DeliveryFailed
from plugin.domain.imaging import SeriesEvidence
from plugin.labels.render import show
from plugin.pacs.evidence import list_evidence
from plugin.pacs.scu import Scu

log = structlog.get_logger()

MOST = 4
"""Thumbnails a study: more than four are looked at in the PACS's own viewer."""

_KEPT = 64
_GSPS = "1.2.840.10008.5.1.4.1.1.11.1"
_SHOWABLE = (
    "1.2.840.10008.5.1.4.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.1",
    "1.2.840.10008.5.1.4.1.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2",
    "1.2.840.10008.5.1.4.1.1.2.1",
    "1.2.840.10008.5.1.4.1.1.4",
    "1.2.840.10008.5.1.4.1.1.4.1",
    "1.2.840.10008.5.1.4.1.1.6.1",
    "1.2.840.10008.5.1.4.1.1.7",
)
"""CR, DX, mammography, CT, MR, their enhanced kinds, ultrasound, secondary capture (PS3.4 B.5)."""


@dataclass(kw_only=True)
class ViewImages:
    """Draws images of the archive.

    Parameters
    ----------
    archive
        Where the hospital's images are.
    size_px
        Side of a thumbnail's square.
    """

    read: Reader
    archive: Scu
    size_px: int = 256
    _drawn: OrderedDict[tuple[str, int], bytes] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def thumbnail(self, accession_number: str, number: int) -> bytes | None:
        """PNG of the middle image of the study's series `number` (from 0), without names in its corners.

        Returns
        -------
        bytes or None
            ``None`` when there is no such series, or its image cannot be drawn.

        Raises
        ------
        DeliveryFailed
            When the archive cannot be asked.
        """
        if not 0 <= number < MOST:
            return None
        key = (accession_number, number)
        with self._lock:
            if key in self._drawn:
                self._drawn.move_to_end(key)
                return self._drawn[key]
        series = self._series(accession_number)
        if number >= len(series):
            return None
        picture = self._picture(series[number], self.size_px)
        if picture is not None:
            with self._lock:
                self._drawn[key] = picture
                while len(self._drawn) > _KEPT:
                    self._drawn.popitem(last=False)
        return picture

    def labelled(self, accession_number: str) -> bytes | None:
        """PNG of one image with its label: as its presentation state shows it, or as its header names it.

        Returns
        -------
        bytes or None
            ``None`` when the archive has no image of the study that can be drawn.

        Raises
        ------
        DeliveryFailed
            When the archive cannot be asked.
        """
        study_uid = self._study_uid(accession_number)
        if not study_uid:
            return None
        series = list_evidence(self.archive, study_uid)
        states = [each for s in list_evidence(self.archive, study_uid, frozenset()) for each in _states(s)]
        for series_uid, sop_uid in states[::-1]:
            for state in self.archive.get(study_uid, series_uid, sop_uid, (_GSPS,)):
                found = self._referred(study_uid, state)
                if found is not None and (png := _png(found, state, 768, corners=True)):
                    return png
        return self._picture(series[0], 768, corners=True) if series else None

    def _referred(self, study_uid: str, state: Any) -> Any:
        for series in state.get("ReferencedSeriesSequence") or []:
            for image in series.get("ReferencedImageSequence") or []:
                found = self.archive.get(
                    study_uid,
                    str(series.SeriesInstanceUID),
                    str(image.ReferencedSOPInstanceUID),
                    (str(image.ReferencedSOPClassUID),),
                )
                return found[0] if found else None
        return None

    def _series(self, accession_number: str) -> list[SeriesEvidence]:
        study_uid = self._study_uid(accession_number)
        evidence = list_evidence(self.archive, study_uid) if study_uid else ()
        return [series for series in evidence if _middle(series)[0] in _SHOWABLE]

    def _study_uid(self, accession_number: str) -> str:
        report = self.read(lambda uow: uow.reports.latest(accession_number))
        if report is not None and report.exam.study_instance_uid:
            return str(report.exam.study_instance_uid)
        found = self.archive.find_studies(AccessionNumber=accession_number)
        return str(found[0].StudyInstanceUID) if found else ""

    def _picture(self, series: SeriesEvidence, size_px: int, *, corners: bool = False) -> bytes | None:
        sop_class, sop_uid = _middle(series)
        found = self.archive.get(series.study_instance_uid, series.series_instance_uid, sop_uid, (sop_class,))
        return _png(found[0], None, size_px, corners=corners) if found else None


def _middle(series: SeriesEvidence) -> tuple[str, str]:
    """(SOP class, SOP instance) of the image halfway: most of the body part, least of the localizer."""
    return series.instances[len(series.instances) // 2]


def _states(series: SeriesEvidence) -> list[tuple[str, str]]:
    return [(series.series_instance_uid, uid) for sop_class, uid in series.instances if sop_class == _GSPS]


def _png(ds: Any, state: Any, size_px: int, *, corners: bool) -> bytes | None:
    """A picture of foreign pixels: what cannot be drawn is left out, and its kind logged, never its content."""
    try:
        frames = int(ds.get("NumberOfFrames") or 1)
        shown = show(ds, state, frame=frames // 2, size_px=size_px, corners=corners)
    except (DeliveryFailed, MemoryError):
        raise
    except Exception as error:  # decoders fail in as many ways as there are vendors
        log.warning("image cannot be drawn", error=type(error).__name__, sop_class=str(ds.get("SOPClassUID")))
        return None
    out = io.BytesIO()
    shown.screen.save(out, "PNG")
    return out.getvalue()


KeyImage = Callable[[str, int], bytes | None]
"""(accession number, number from 0) → PNG, ``None`` when there is no such image."""
