"""A label that was earned goes to the PACS as a presentation state; a withdrawn one is withdrawn there.

The images in the archive stay as they are: InstitutionName is coerced where images pass
through us (:mod:`plugin.delivery.forward_image`), never by storing an image a second time.
A withdrawal is a new presentation state that says so, never silence (decisions 26).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from plugin.delivery.ports import Effect, Reader, Unit
from plugin.delivery.study_facts import filed_under
from plugin.domain.delivery import Job
from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.domain.recognition import Label
from plugin.labels.burned_in import often_written_on
from plugin.labels.context import Stamping, uids_of
from plugin.labels.text import Mark, Placement
from plugin.labels.voi import said
from plugin.pacs.dicomweb import DicomWeb
from plugin.pacs.evidence import list_evidence
from plugin.pacs.scu import Scu

log = structlog.get_logger()

Writer = Callable[..., list[Any]]
"""A registered label writer with its options bound: ``(datasets, mark, stamping) -> datasets``."""

_STATES_OF_A_SERIES = 100
"""The writer numbers the presentation states of one series below this."""

WITHDRAWN = "互认标识已撤销"
"""What stands on the images from then on, in the place of the mark."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendLabel:
    """Handler of :attr:`JobKind.SEND_LABEL`.

    Parameters
    ----------
    archive
        The PACS that holds the images and takes the presentation states.
    headers
        Tells the archive's headers without their pixels; ``None`` fetches whole images.
    placements
        Region ID to where its mark stands.
    aliases
        Other names of this hospital, as its devices write them.
    """

    read: Reader
    archive: Scu
    write: Writer
    institution_name: str
    placements: Mapping[str, str]
    clock: Callable[[], datetime]
    headers: DicomWeb | None = None
    aliases: tuple[str, ...] = ()

    def __call__(self, job: Job) -> Effect | None:
        """Stamp or withdraw.

        Raises
        ------
        DeliveryFailed
            The PACS is away; or holds no images (yet) that could be marked.
        """
        label_id = str(job.payload["label_id"])
        label: Label | None = self.read(lambda uow: uow.labels.get(label_id))
        if label is None:
            raise DeliveryFailed(f"no label {label_id}", retry=False)
        act = str(job.payload["act"])
        if act == "stamp" and label.withdrawn_at is not None:
            return None
        mark, stamping, objects = self._mark(label, act), _stamping(label, act), 0
        for number, images in enumerate(self._series(label)):
            try:
                marked = self.write(images, mark, stamping)
            except InvalidInput as error:
                raise DeliveryFailed(f"the images cannot bear the label: {error}", retry=False) from error
            for state in marked:
                # Written series by series, numbered as if they had been written together.
                state.InstanceNumber = int(state.InstanceNumber) + number * _STATES_OF_A_SERIES
            self.archive.store(marked)
            objects += len(marked)
        if not objects:
            raise DeliveryFailed(f"{self.archive.node} has no images of this examination yet", retry=True)
        at = self.clock()
        log.info("label", act=act, label_id=label_id, objects=objects)
        state = "stored" if act == "stamp" else "withdrawn"

        def keep(uow: Unit) -> None:
            uow.labels.mark_in_pacs(label_id, state, at)

        return keep

    def _series(self, label: Label) -> Iterator[list[Any]]:
        """One series at a time: a CT of the whole body need not fit into memory."""
        uid = label.study_instance_uid
        if not uid:
            found = filed_under(self.archive, label.accession_number)
            if not found:
                raise DeliveryFailed(f"{self.archive.node} has no images of this examination yet", retry=True)
            uid = found[0]
        for series in list_evidence(self.archive, uid):
            images = self._images(uid, series.series_instance_uid)
            if images:
                yield images

    def _images(self, study_uid: str, series_uid: str) -> list[Any]:
        """Headers where they tell enough, which spares the pixels' way; whole images otherwise."""
        if self.headers is not None:
            found = [each for each in self.headers.headers(study_uid, series_uid) if _is_image(each)]
            if found and all(said(each) is not None and not often_written_on(each) for each in found):
                return found
        return [each for each in self.archive.get(study_uid, series_uid) if _is_image(each)]

    def _mark(self, label: Label, act: str) -> Mark:
        decision = label.decision
        if act != "stamp":
            return Mark(text=WITHDRAWN, placement=Placement.TOP_RIGHT)
        return Mark(
            text=decision.mark,
            placement=Placement(self.placements.get(decision.region_id, Placement.TOP_RIGHT)),
            institution=self.institution_name,
            aliases=self.aliases,
        )


def _is_image(ds: Any) -> bool:
    return "PhotometricInterpretation" in ds


def _stamping(label: Label, act: str) -> Stamping:
    """Time and identifiers that a retry finds again."""
    if act == "stamp" or label.withdrawn_at is None:
        return Stamping(now=label.decided_at, uid=uids_of(label.label_id))
    return Stamping(now=label.withdrawn_at, uid=uids_of(f"{label.label_id}/withdrawn"))
