"""A document about an examination goes to the archive it is for: the SR, and its PDF twin.

Archive's identity and evidence → document → C-STORE or STOW-RS → storage commitment.  Its
identity was minted in the journey, so a retry sends the same object; only the
commitment's answer makes it "in the PACS".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import Any

from plugin.delivery.carriers import Carrier, Carriers, Dataset
from plugin.delivery.deliver_document import deliver
from plugin.delivery.marked_images import MARKS_MISSING, missing
from plugin.delivery.ports import Effect, Reader
from plugin.delivery.readings import Readings, readings_of, scored_forms
from plugin.delivery.study_facts import StudyFacts, study_facts
from plugin.domain.delivery import Job
from plugin.domain.document import DocumentState, SentDocument
from plugin.domain.errors import DeliveryFailed, InvalidInput
from plugin.domain.imaging import DocumentReference
from plugin.domain.issue import Issue
from plugin.domain.order import ImagingOrder
from plugin.domain.recognition import LabelDecision
from plugin.domain.report import Report
from plugin.domain.scoring import ScoreSheet, ScoringForm
from plugin.sr import pdf, qc_sr
from plugin.sr.content import DeviceInfo, Disclosure, SrContent, Suggestion
from plugin.sr.header import ENHANCED_SR


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every document of this installation says about itself."""

    device: DeviceInfo
    institution_name: str
    zone: tzinfo
    language: str = "zh-CN"
    pseudonym_key: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store knows of a document's examination."""

    document: SentDocument
    sheets: tuple[ScoreSheet, ...]
    report: Report | None
    order: ImagingOrder | None
    issues: tuple[Issue, ...]
    label: LabelDecision | None
    predecessors: tuple[SentDocument, ...]
    readings: Readings = field(default_factory=dict)


Write = Callable[[SrContent, SentDocument], Dataset]
"""Makes the object of a document from the content it shares with its twin."""


def write_sr(content: SrContent, document: SentDocument) -> Dataset:
    """The structured report itself."""
    return qc_sr.build(content)


def write_pdf(content: SrContent, document: SentDocument) -> Dataset:
    """The twin: a page of the SR that `document.source` names, in a series of its own."""
    return pdf.build(
        replace(content, sop_instance_uid=document.source),
        sop_instance_uid=document.sop_instance_uid,
        series_instance_uid=document.series_instance_uid,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDocument:
    """Handler of :attr:`JobKind.SEND_SR` and :attr:`JobKind.SEND_PDF`.

    Parameters
    ----------
    archive
        Name of the node that holds the images: whose patient, study and objects these are.
    form
        Form ID to the blank form.
    """

    read: Reader
    carriers: Carriers
    archive: str
    form: Callable[[str], ScoringForm]
    letterhead: Letterhead
    clock: Callable[[], datetime]
    mint_uid: Callable[[], str]
    write: Write = write_sr

    def __call__(self, job: Job) -> Effect:
        """Build and store the document, ask for its commitment, and return what to keep.

        Raises
        ------
        DeliveryFailed
            The PACS is away or refuses, announced objects have not come, or the job asks for what
            cannot be made: then it waits for a person, with the reason.
        """
        kept = self.read(lambda uow: kept_of(uow, job))
        facts = examination(self.read, self.carriers.of(self.archive), kept, self.clock())
        if any(missing(sheet.answers.images, facts.evidence) for sheet in kept.sheets):
            facts = replace(facts, notes=(*facts.notes, MARKS_MISSING))
        carrier = self.carriers.of(kept.document.destination)
        try:
            built = self.write(self._content(kept, facts, carrier), kept.document)
        except InvalidInput as error:
            raise DeliveryFailed(f"the document cannot be written: {error}", retry=False) from error
        return deliver(self.carriers, kept.document, facts, built, job, self.clock, self.mint_uid)

    def _content(self, kept: Kept, facts: StudyFacts, carrier: Carrier) -> SrContent:
        document, written_at = kept.document, max(sheet.scored_at for sheet in kept.sheets)
        forms = [self.form(sheet.form_id) for sheet in kept.sheets]
        return SrContent(
            patient=facts.patient,
            study=facts.study,
            scored=scored_forms(kept.sheets, forms, kept.readings, facts.evidence),
            sop_instance_uid=document.sop_instance_uid,
            series_instance_uid=document.series_instance_uid,
            instance_number=document.instance_number,
            predecessors=tuple(
                DocumentReference(
                    study_instance_uid=facts.study.study_instance_uid,
                    series_instance_uid=each.series_instance_uid,
                    sop_class_uid=ENHANCED_SR,
                    sop_instance_uid=each.sop_instance_uid,
                )
                for each in kept.predecessors
            ),
            created_at=written_at.astimezone(self.letterhead.zone),
            evidence=facts.evidence,
            device=self.letterhead.device,
            institution_name=self.letterhead.institution_name,
            label=kept.label,
            suggestions=suggestions(forms, kept.issues, self.letterhead.device.software_version),
            disclosure=Disclosure(carrier.node.disclosure),
            charset=carrier.node.charset,
            language=self.letterhead.language,
            pseudonym_key=self.letterhead.pseudonym_key,
        )


def kept_of(uow: Any, job: Job) -> Kept:
    """What the store knows of a job's document.

    Raises
    ------
    DeliveryFailed
        When the document or a sheet of it does not exist; a person decides.
    """
    document: SentDocument | None = uow.documents.get(str(job.payload["sop_instance_uid"]))
    if document is None:
        raise DeliveryFailed("the document of this job does not exist", retry=False)
    sheets = tuple(uow.sheets.get(sheet_id) for sheet_id in document.sheet_ids)
    if not sheets or any(sheet is None for sheet in sheets):
        raise DeliveryFailed("a score sheet of this document does not exist", retry=False)
    number = document.accession_number
    known = uow.exams.order(number)
    borne = next((each for each in uow.labels.for_exam(number) if each.withdrawn_at is None), None)
    return Kept(
        document=document,
        sheets=sheets,
        report=uow.reports.latest(number),
        order=known[0] if known else None,
        issues=tuple(uow.reports.issues(number)),
        label=borne.decision if borne else None,
        predecessors=_chain(uow, document),
        readings=readings_of(uow, sheets),
    )


def examination(read: Reader, archive: Carrier, kept: Kept, now: datetime) -> StudyFacts:
    """The archive's view of the document's examination; see :func:`study_facts`."""
    return study_facts(
        archive,
        kept.document.accession_number,
        kept.report,
        kept.order,
        lambda uid: read(lambda uow: uow.documents.announced(uid)),
        now,
    )


def suggestions(forms: list[ScoringForm], issues: tuple[Issue, ...], version: str) -> tuple[Suggestion, ...]:
    """What the rules had to say to each scored object, apart from what the person answered.

    Issues of outside analysers are not the rulebook's, whose version the document names.
    """
    ours = [issue for issue in issues if not issue.analyser]
    found = []
    for form in forms:
        lines = (*form.fatal, *form.conditions)
        spoken = tuple(issue for issue in ours if any(line.suggested_by([issue]) for line in lines))
        if spoken:
            found.append(Suggestion(object=form.object, issues=spoken, version=version))
    return tuple(found)


def _chain(uow: Any, document: SentDocument) -> tuple[SentDocument, ...]:
    """What the document replaces, newest first, as far as an archive has it."""
    chain: list[SentDocument] = []
    uid = document.predecessor
    while uid and (before := uow.documents.get(uid)) is not None and before not in chain:
        chain.append(before)
        uid = before.predecessor
    return tuple(each for each in chain if each.state is not DocumentState.QUEUED)
