"""Joins the road of images: received, marked where it is earned, forwarded."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from datetime import date

import structlog

from plugin.bootstrap.journeys import Journeys
from plugin.delivery.forward_image import ForwardImage
from plugin.delivery.look_at_pixels import LookAtPixels
from plugin.domain.image import ImageFacts
from plugin.domain.recognition import LabelDecision
from plugin.labels.institution import InstitutionOptions
from plugin.labels.pixels import pixel_figures
from plugin.pacs.part10 import open_part10
from plugin.pacs.scu import Scu
from plugin.rules.recognition.eligibility import StudyFacts
from plugin.site.settings import Site
from plugin.store.store import SqlStore
from plugin.workflow.stamp_label import day_of

log = structlog.get_logger()


def build_looking(store: SqlStore, journeys: Journeys) -> LookAtPixels:
    """What looks at the pixels of images that have gone on."""
    return LookAtPixels(
        measure=lambda part10: pixel_figures(open_part10(part10)),
        keep=lambda facts: keep_facts(store, journeys, facts),
    )


def keep_facts(store: SqlStore, journeys: Journeys, facts: ImageFacts) -> None:
    """Write down what an image says, without waiting for it."""
    at = journeys.labels.around.clock()
    store.submit(lambda uow: journeys.labels.evidence.note(uow, facts, at)).add_done_callback(_tell_failure)


def build_forwarding(
    site: Site, store: SqlStore, journeys: Journeys, archive: Scu, look: LookAtPixels
) -> ForwardImage:
    """The ingest road: received, marked where it is earned, forwarded."""

    evidence = journeys.labels.evidence

    def decide(header: Mapping[str, str], facts: ImageFacts) -> LabelDecision | None:
        study = StudyFacts(
            modality=header["Modality"],
            exam_item=header["StudyDescription"],
            body_part=header["BodyPartExamined"],
            device=header["StationName"],
            performed_on=_dicom_day(header["StudyDate"]),
        )
        return store.read(lambda uow: journeys.labels.at_ingest(uow, study, header["AccessionNumber"], facts))

    def note(facts: ImageFacts, part10: bytes) -> None:
        # The archive has the image: its sender does not wait until we have written down what it says.
        keep_facts(store, journeys, facts)
        if facts.accession_number:
            look(facts, part10)

    return ForwardImage(
        archive=archive,
        decide=decide,
        institution_name=site.hospital.name,
        placements=placements(journeys),
        other_marks=journeys.labels.regions.marks,
        aliases=site.hospital.aliases,
        required=evidence.checks.required_keywords,
        note=note,
        options=InstitutionOptions(),
    )


def _tell_failure(kept: Future[None]) -> None:
    if (error := kept.exception()) is not None:
        log.error("image facts not kept", error=type(error).__name__)


def placements(journeys: Journeys) -> dict[str, str]:
    """Region ID to where its mark stands."""
    today = journeys.labels.around.today()
    regions = journeys.labels.regions
    found = ((region_id, regions.region(region_id, today)) for region_id in regions.ids)
    return {region_id: region.placement for region_id, region in found if region is not None}


def _dicom_day(value: str) -> date | None:
    return day_of(value) if len(value) >= 8 else None
