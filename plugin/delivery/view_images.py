"""Images of a study as PNG for a page: some keys to the study, and one with its label.

Asked for while somebody waits, so it fetches single objects and keeps what it has drawn.
"""

from __future__ import annotations

import io
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import structlog

from plugin.delivery.ports import Reader
from plugin.delivery.study_facts import filed_under
from plugin.domain.errors import DeliveryFailed
from plugin.domain.imaging import KeyImage, SeriesEvidence
from plugin.labels.render import show
from plugin.pacs.evidence import list_evidence
from plugin.pacs.scu import Scu

log = structlog.get_logger()

T = TypeVar("T")

MOST = 6
"""Thumbnails a study: more are looked at in the PACS's own viewer."""

LISTED_FOR_S = 60.0
"""So long a study's list of images is taken for what the archive has; it is asked once for all thumbnails."""

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


@dataclass(frozen=True, slots=True)
class _Chosen:
    """An image of a study: its series, the number of that among those shown, its place, both from 1."""

    series: SeriesEvidence
    number: int
    place: int

    @property
    def instance(self) -> tuple[str, str]:
        return self.series.instances[self.place - 1]


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
    monotonic: Callable[[], float] = time.monotonic
    _drawn: OrderedDict[str, bytes] = field(default_factory=OrderedDict)
    _listed: OrderedDict[str, tuple[float, list[_Chosen]]] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def thumbnail(self, accession_number: str, number: int) -> KeyImage | None:
        """Key image `number` (from 0) of a study; see :func:`spread` for which these are.

        Returns
        -------
        KeyImage or None
            ``None`` when there is no such image, or it cannot be drawn.

        Raises
        ------
        DeliveryFailed
            When the archive cannot be asked.
        """
        if not 0 <= number < MOST:
            return None
        chosen = self._chosen(accession_number)
        if number >= len(chosen):
            return None
        one = chosen[number]
        picture = self._thumbnail(one)
        if picture is None:
            return None
        return KeyImage(
            series_instance_uid=one.series.series_instance_uid,
            sop_instance_uid=one.instance[1],
            png=picture,
            series=one.number,
            place=one.place,
            of=len(one.series.instances),
            leads=not number or chosen[number - 1].number != one.number,
        )

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
        return self._picture(series[0], 768) if series else None

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

    def _chosen(self, accession_number: str) -> list[_Chosen]:
        now = self.monotonic()
        with self._lock:
            at, chosen = self._listed.get(accession_number, (now - LISTED_FOR_S, []))
        if now - at < LISTED_FOR_S:
            return chosen
        study_uid = self._study_uid(accession_number)
        evidence = list_evidence(self.archive, study_uid) if study_uid else ()
        chosen = spread([series for series in evidence if _middle(series)[0] in _SHOWABLE], MOST)
        if chosen:
            self._keep(self._listed, accession_number, (now, chosen))
        return chosen

    def _thumbnail(self, one: _Chosen) -> bytes | None:
        sop_class, uid = one.instance
        with self._lock:
            if uid in self._drawn:
                self._drawn.move_to_end(uid)
                return self._drawn[uid]
        found = self.archive.get(
            one.series.study_instance_uid, one.series.series_instance_uid, uid, (sop_class,)
        )
        picture = _png(found[0], None, self.size_px, corners=False) if found else None
        if picture is not None:
            self._keep(self._drawn, uid, picture)
        return picture

    def _keep(self, kept: OrderedDict[str, T], key: str, value: T) -> None:
        with self._lock:
            kept[key] = value
            kept.move_to_end(key)
            while len(kept) > _KEPT:
                kept.popitem(last=False)

    def _study_uid(self, accession_number: str) -> str:
        report = self.read(lambda uow: uow.reports.latest(accession_number))
        if report is not None and report.exam.study_instance_uid:
            return str(report.exam.study_instance_uid)
        return next(iter(filed_under(self.archive, accession_number)), "")

    def _picture(self, series: SeriesEvidence, size_px: int) -> bytes | None:
        sop_class, sop_uid = _middle(series)
        found = self.archive.get(series.study_instance_uid, series.series_instance_uid, sop_uid, (sop_class,))
        return _png(found[0], None, size_px, corners=True) if found else None


def spread(series: Sequence[SeriesEvidence], most: int) -> list[_Chosen]:
    """All images where they are few; else `most`, every series first, the longer ones more often, evenly.

    One image of a series is the one halfway: most of the body part, least of the localizer.
    """
    shown = list(enumerate(series, 1))[:most]
    share = {number: 1 for number, _ in shown}
    while sum(share.values()) < most:
        wanting = [(len(s.instances) / share[n], -n) for n, s in shown if share[n] < len(s.instances)]
        if not wanting:
            break
        share[-max(wanting)[1]] += 1
    return [
        _Chosen(each, number, (2 * turn + 1) * len(each.instances) // (2 * share[number]) + 1)
        for number, each in shown
        for turn in range(share[number])
    ]


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
