"""The filled form goes to the PACS as a structured report.

Evidence → SR → C-STORE → storage commitment.  The job carries the identifiers, so a retry
sends the same object; only the commitment's answer makes it "in the PACS".
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Any

from plugin.delivery.ports import Effect, Reader, Unit
from plugin.domain.delivery import Job, JobKind, NewJob
from plugin.domain.errors import DeliveryFailed
from plugin.domain.imaging import SeriesEvidence
from plugin.domain.order import ImagingOrder
from plugin.domain.patient import Patient
from plugin.domain.report import Report
from plugin.domain.scoring import ScoreSheet, ScoringForm
from plugin.pacs.evidence import list_evidence
from plugin.pacs.scu import Scu
from plugin.sr import qc_sr
from plugin.sr.content import DeviceInfo, Disclosure, ScoredForm, SrContent, StudyContext
from plugin.sr.header import ENHANCED_SR

_STUDY_NAMESPACE = uuid.UUID("6f1f2f0a-54c5-5d1e-9a39-1d7f0f2a7c11")
CONFIRM_AFTER = timedelta(minutes=2)
"""A PACS that has not reported the commitment by then is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """What every SR of this installation says about itself."""

    device: DeviceInfo
    institution_name: str
    zone: tzinfo
    language: str = "zh-CN"
    pseudonym_key: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    sheets: tuple[ScoreSheet, ...]
    report: Report | None
    order: ImagingOrder | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSr:
    """Handler of :attr:`JobKind.SEND_SR`.

    Parameters
    ----------
    pacs
        Destination name to its service class user.
    form
        Form ID to the blank form.
    """

    read: Reader
    pacs: Mapping[str, Scu]
    form: Callable[[str], ScoringForm]
    letterhead: Letterhead
    clock: Callable[[], datetime]
    mint_uid: Callable[[], str]

    def __call__(self, job: Job) -> Effect:
        """Build and store the document, ask for its commitment, and return what to keep.

        Raises
        ------
        DeliveryFailed
            The PACS is away, refuses, or the job names what does not exist.
        """
        scu = scu_of(self.pacs, job)
        facts = self.read(lambda uow: _facts(uow, job))
        study_uid, evidence = self._evidence(scu, facts)
        sop_uid = str(job.payload["sop_instance_uid"])
        document = qc_sr.build(self._content(job, scu, facts, study_uid, evidence))
        scu.store([document])
        if scu.node.commitment == "report":
            scu.request_commitment(self.mint_uid(), [(ENHANCED_SR, sop_uid)])
        state = "committed" if scu.node.commitment == "none" else "stored"
        at = self.clock()

        def keep(uow: Unit) -> None:
            for sheet in facts.sheets:
                # The PACS may have reported before we came to write this down.
                if uow.sheets.in_pacs(sheet.sheet_id) != "committed":
                    uow.sheets.mark_in_pacs(sheet.sheet_id, state, at)
            if state == "stored":
                uow.outbox.enqueue(_confirmation(job, study_uid, at))

        return keep

    def _evidence(self, scu: Scu, facts: _Facts) -> tuple[str, tuple[SeriesEvidence, ...]]:
        """The study's UID and objects; a report whose images are not there is scored without."""
        accession_number = facts.sheets[0].accession_number
        known = (facts.report and facts.report.exam.study_instance_uid) or (
            facts.order and facts.order.study_instance_uid
        )
        if known:
            return known, list_evidence(scu, known)
        found = scu.find_studies(AccessionNumber=accession_number)
        if found:
            uid = str(found[0].StudyInstanceUID)
            return uid, list_evidence(scu, uid)
        # Report-only QC: the same accession number gives the same study for every retry and amendment.
        return f"2.25.{uuid.uuid5(_STUDY_NAMESPACE, accession_number).int}", ()

    def _content(
        self,
        job: Job,
        scu: Scu,
        facts: _Facts,
        study_uid: str,
        evidence: tuple[SeriesEvidence, ...],
    ) -> SrContent:
        first = facts.sheets[0]
        report, order = facts.report, facts.order
        exam = report.exam if report else None
        label = self.read(lambda uow: uow.labels.for_exam(first.accession_number))
        borne = next((each for each in label if each.withdrawn_at is None), None)
        return SrContent(
            patient=_patient(report, order),
            study=StudyContext(
                study_instance_uid=study_uid,
                accession_number=first.accession_number,
                performed_at=exam.performed_at if exam else "",
                description=exam.exam_item if exam else "",
                referring_physician=order.ordering_provider if order else "",
                placer_order_number=order.placer_order_number if order else "",
                filler_order_number=order.filler_order_number if order else "",
                exam_item=exam.exam_item if exam else "",
            ),
            scored=tuple(ScoredForm(form=self.form(s.form_id), sheet=s) for s in facts.sheets),
            sop_instance_uid=str(job.payload["sop_instance_uid"]),
            series_instance_uid=first.series_instance_uid,
            created_at=first.scored_at.astimezone(self.letterhead.zone),
            evidence=evidence,
            device=self.letterhead.device,
            institution_name=self.letterhead.institution_name,
            label=borne.decision if borne else None,
            disclosure=Disclosure(scu.node.disclosure),
            charset=scu.node.charset,
            language=self.letterhead.language,
            pseudonym_key=self.letterhead.pseudonym_key,
        )


def scu_of(pacs: Mapping[str, Scu], job: Job) -> Scu:
    """The node a job is for.

    Raises
    ------
    DeliveryFailed
        When the site no longer knows it; a person decides.
    """
    name = str(job.payload["destination"])
    if name not in pacs:
        raise DeliveryFailed(f"no PACS called {name!r} in site.toml", retry=False)
    return pacs[name]


def _facts(uow: Any, job: Job) -> _Facts:
    sheets = tuple(uow.sheets.get(sheet_id) for sheet_id in job.payload["sheet_ids"])
    if not sheets or any(sheet is None for sheet in sheets):
        raise DeliveryFailed("the score sheet of this job does not exist", retry=False)
    accession_number = sheets[0].accession_number
    known = uow.exams.order(accession_number)
    return _Facts(
        sheets=sheets, report=uow.reports.latest(accession_number), order=known[0] if known else None
    )


def _patient(report: Report | None, order: ImagingOrder | None) -> Patient:
    """The report's patient where it names one, the order's otherwise."""
    if report is not None and report.patient.patient_id:
        return report.patient
    if order is not None:
        return order.patient
    return report.patient if report else Patient()


def _confirmation(job: Job, study_uid: str, at: datetime) -> NewJob:
    uid = job.payload["sop_instance_uid"]
    return NewJob(
        kind=JobKind.CONFIRM_COMMITMENT,
        lane=f"timer:commitment:{uid}",
        key=f"confirm:{uid}:{job.job_id}",
        payload={**job.payload, "study_instance_uid": study_uid, "sop_class_uid": ENHANCED_SR},
        due_at=at + CONFIRM_AFTER,
    )
