"""What the images themselves say: kept as they pass, asked when a label or a form wants to know (DB50 7.1, 7.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from plugin.domain.image import ImageFacts
from plugin.domain.issue import Issue
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report
from plugin.rules.disease_packs import DiseasePacks
from plugin.rules.image_checks.checks import ImageChecks, data_quality
from plugin.rules.image_checks.study import StudyImages
from plugin.rules.recognition.conditions import DataQuality
from plugin.rules.recognition.names import NameReader
from plugin.workflow.ports.unit_of_work import UnitOfWork

UNKNOWN = DataQuality()
"""No image has passed through us: nothing is held against the study (decisions 26)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageEvidence:
    """Facts of images beside the order they belong to."""

    checks: ImageChecks
    reader: NameReader
    packs: DiseasePacks

    def note(self, uow: UnitOfWork, facts: ImageFacts, at: datetime) -> None:
        """Keep the facts of an image; one that names no examination tells nothing about any."""
        if facts.accession_number:
            uow.images.add(facts.accession_number, facts, at)

    def remarks(self, uow: UnitOfWork, report: Report, order: ImagingOrder | None) -> tuple[Issue, ...]:
        """Issues of the images, and what a disease pack misses, beside those of the report's text."""
        images = uow.images.for_exam(report.exam.accession_number)
        found = self.checks.inspect(self.study(images, order)) if images else ()
        return (*found, *self.packs.inspect(report, order, images))

    def data(self, images: Sequence[ImageFacts], order: ImagingOrder | None) -> DataQuality:
        """What recognition asks about the data."""
        if not images:
            return UNKNOWN
        study = self.study(images, order)
        return data_quality(study, self.checks.inspect(study))

    def study(self, images: Sequence[ImageFacts], order: ImagingOrder | None) -> StudyImages:
        """Images beside what was ordered; an order that does not say who or what is compared with nothing."""
        item = self.reader.read(order.exam_item) if order and order.exam_item else None
        return StudyImages(
            images=tuple(images),
            item=item,
            exam_item=order.exam_item if order else "",
            patient_id=order.patient.patient_id if order else "",
            accession_number=order.accession_number if order else "",
        )
