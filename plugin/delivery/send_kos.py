"""Images that fail quality are marked in their archive; on a person's word they are hidden, and shown again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from plugin.delivery.carriers import Carriers
from plugin.delivery.deliver_document import deliver
from plugin.delivery.marked_images import MARKS_MISSING, marked, missing
from plugin.delivery.ports import Effect, Reader
from plugin.delivery.readings import observer_name
from plugin.delivery.send_sr import Letterhead, examination, kept_of
from plugin.domain.delivery import Job
from plugin.domain.document import DocumentKind
from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.domain.scoring import ScoreSheet
from plugin.sr import kos
from plugin.sr.kos import KosContent, Purpose

_PURPOSE = {
    DocumentKind.QUALITY_ISSUE: Purpose.QUALITY_ISSUE,
    DocumentKind.REJECTED: Purpose.REJECTED,
    DocumentKind.RESTORED: Purpose.RESTORED,
}
OTHER = "other"
LONGEST_DESCRIPTION = 1024
"""Characters of the wordings that a selection repeats; the SR has them all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendKos:
    """Handler of :attr:`JobKind.SEND_KOS`.

    A selection names the images that the reader has marked; a sheet without marks is about all of them.

    Parameters
    ----------
    problems
        Criterion ID to the word for it in :data:`plugin.sr.kos.PROBLEMS`.
    rejection
        The site's switch.
    """

    read: Reader
    carriers: Carriers
    archive: str
    letterhead: Letterhead
    clock: Callable[[], datetime]
    mint_uid: Callable[[], str]
    rejection: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, job: Job) -> Effect:
        """Build and store the selection.

        Raises
        ------
        DeliveryFailed
            The archive is away, has no images of the examination yet, or refuses.
        """
        kept = self.read(lambda uow: kept_of(uow, job))
        facts = examination(self.read, self.carriers.of(self.archive), kept, self.clock())
        document, first = kept.document, kept.sheets[0]
        if not facts.evidence:
            raise DeliveryFailed(f"{self.archive!r} has no images of this examination yet", retry=True)
        marks = [mark for sheet in kept.sheets for mark in sheet.answers.images]
        images = marked(marks, facts.evidence) if marks else facts.evidence
        if not images:
            raise DeliveryFailed(f"{self.archive!r} has none of the images that were marked", retry=True)
        if missing(marks, facts.evidence):
            facts = replace(facts, notes=(*facts.notes, MARKS_MISSING))
        content = KosContent(
            purpose=_PURPOSE[document.kind],
            patient=facts.patient,
            study=facts.study,
            images=images,
            problem=self._problem(kept.sheets),
            sop_instance_uid=document.sop_instance_uid,
            series_instance_uid=document.series_instance_uid,
            # A retry sends the same bytes: its time is that of the journey, not the clock's.
            created_at=document.issued_at.astimezone(self.letterhead.zone),
            description="；".join(d.text for sheet in kept.sheets for d in sheet.result.deductions)[
                :LONGEST_DESCRIPTION
            ],
            observer_name=observer_name(first, kept.readings),
            confirmed_by=document.confirmed_by,
            device=self.letterhead.device,
            institution_name=self.letterhead.institution_name,
            charset=self.carriers.of(document.destination).node.charset,
        )
        try:
            built = kos.build(content, rejection_allowed=self.rejection)
        except InvalidInput as error:
            raise DeliveryFailed(f"the selection cannot be written: {error}", retry=False) from error
        return deliver(self.carriers, document, facts, built, job, self.clock, self.mint_uid)

    def _problem(self, sheets: tuple[ScoreSheet, ...]) -> str:
        """The first severe defect speaks for the selection, else the first that has a word."""
        deductions = sorted(
            (d for sheet in sheets for d in sheet.result.deductions), key=lambda d: not d.severe
        )
        words = (self.problems.get(d.criterion_id, "") for d in deductions)
        return next(filter(None, words), OTHER)
