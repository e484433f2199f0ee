"""May this study bear its region's label?  If so, one label job; if no longer, a withdrawal.

The label certifies images and data, never the diagnostic conclusion (seed 003 6.1).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from plugin.domain.delivery import JobKind, NewJob
from plugin.domain.image import ImageFacts
from plugin.domain.order import ImagingOrder
from plugin.domain.recognition import Institution, Label, LabelDecision
from plugin.domain.report import Report, ReportStatus
from plugin.domain.scoring import ScoreSheet
from plugin.rules.recognition.eligibility import Regions, StudyFacts, best
from plugin.workflow.announce import PATIENCE, Announce
from plugin.workflow.image_evidence import ImageEvidence
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class StampLabel:
    """Compares what a study has earned with the label it bears."""

    regions: Regions
    evidence: ImageEvidence
    institution: Institution
    around: Surroundings
    announce: Announce = field(default_factory=Announce)

    def __call__(self, uow: UnitOfWork, accession_number: str) -> LabelDecision | None:
        """Label, withdraw, or leave as it is; return the decision that now stands."""
        borne = next(
            (label for label in uow.labels.for_exam(accession_number) if label.withdrawn_at is None), None
        )
        if borne is None and not self.institution.regions:
            # Nothing to take back, and no region to give one: most hospitals, each report.
            return None
        report = uow.reports.latest(accession_number)
        known = uow.exams.order(accession_number)
        order = known[0] if known else None
        earned = self.earned(uow, accession_number, report, order)
        if borne is not None and (earned is None or earned.mark != borne.decision.mark):
            self._withdraw(uow, borne, earned)
            borne = None
        if borne is None and earned is not None and not self._silent(uow, report, order):
            self._stamp(uow, accession_number, report, order, earned)
        return earned

    def lapsed(self, uow: UnitOfWork, accession_number: str) -> bool:
        """Whether the study bears a label that it has not earned any more; nothing is changed."""
        report, known = uow.reports.latest(accession_number), uow.exams.order(accession_number)
        earned = self.earned(uow, accession_number, report, known[0] if known else None)
        return any(
            label.withdrawn_at is None and (earned is None or earned.mark != label.decision.mark)
            for label in uow.labels.for_exam(accession_number)
        )

    def earned(
        self, uow: UnitOfWork, accession_number: str, report: Report | None, order: ImagingOrder | None
    ) -> LabelDecision | None:
        """The widest label that the study may bear today (seed 000: 以最大范围的名称标注)."""
        if report is None or report.status is ReportStatus.CANCELLED:
            return None
        return best(self.decisions(uow, accession_number, report, order))

    def decisions(
        self, uow: UnitOfWork, accession_number: str, report: Report, order: ImagingOrder | None
    ) -> tuple[LabelDecision, ...]:
        """Every region's answer, with every reason why not; what a page shows."""
        today = self.around.today()
        facts = study_facts(report, order, uow.sheets.for_exam(accession_number))
        images = uow.images.for_exam(accession_number)
        return self.regions.with_answers(uow.labels.answers()).decide(
            replace(facts, data=self.evidence.data(images, order)),
            self.institution,
            uow.labels.evaluations(self.institution.institution_id),
            today,
        )

    def at_ingest(
        self, uow: UnitOfWork, image: StudyFacts, accession_number: str, facts: ImageFacts | None = None
    ) -> LabelDecision | None:
        """The label that an image may bear as it passes through us, by standing eligibility (decisions 26).

        Parameters
        ----------
        image
            What the image's own header says; item and modality are completed from the order.
        facts
            The same image as the checks see it: one that was compressed with loss, or is another
            patient's, passes without a mark.
        """
        known = uow.exams.order(accession_number) if accession_number else None
        order = known[0] if known else None
        report = uow.reports.latest(accession_number) if accession_number else None
        if order is not None:
            image = replace(
                image,
                exam_item=order.exam_item or image.exam_item,
                modality=image.modality or order.modality,
            )
        if self._silent(uow, report, order):
            return None
        if facts is not None:
            image = replace(image, data=self.evidence.data((facts,), order))
        evaluations = uow.labels.evaluations(self.institution.institution_id)
        regions = self.regions.with_answers(uow.labels.answers())
        return best(regions.decide(image, self.institution, evaluations, self.around.today()))

    def _silent(self, uow: UnitOfWork, report: Report | None, order: ImagingOrder | None) -> bool:
        department = (report.department if report else "") or (order.department if order else "")
        switches = uow.policies.switches(department)
        return switches.shadow or not switches.stamping

    def _stamp(
        self,
        uow: UnitOfWork,
        accession_number: str,
        report: Report | None,
        order: ImagingOrder | None,
        decision: LabelDecision,
    ) -> None:
        uid = (report.exam.study_instance_uid if report else "") or (
            order.study_instance_uid if order else ""
        )
        label = Label(
            label_id=self.around.mint.id(),
            accession_number=accession_number,
            study_instance_uid=uid,
            decision=decision,
            decided_at=self.around.clock(),
        )
        uow.labels.add(label)
        uow.outbox.enqueue(label_job(label, "stamp"))
        self.announce.label(uow, label)

    def _withdraw(self, uow: UnitOfWork, label: Label, earned: LabelDecision | None) -> None:
        reason = "superseded" if earned else self._why(uow, label)
        now = self.around.clock()
        uow.labels.withdraw(label.label_id, reason, now)
        withdrawn = replace(label, withdrawn_at=now, withdrawn_reason=reason)
        uow.outbox.enqueue(label_job(withdrawn, "withdraw"))
        self.announce.label(uow, withdrawn)

    def _why(self, uow: UnitOfWork, label: Label) -> str:
        """Codes of what its own region now holds against the study, for instance ``evaluation_not_in_force``."""
        report = uow.reports.latest(label.accession_number)
        if report is None or report.status is ReportStatus.CANCELLED:
            return "report_cancelled"
        known = uow.exams.order(label.accession_number)
        decisions = self.decisions(uow, label.accession_number, report, known[0] if known else None)
        own = next((each for each in decisions if each.region_id == label.decision.region_id), None)
        return " ".join(dict.fromkeys(code for code, _ in own.reasons)) if own else "region_gone"


def label_job(label: Label, act: str) -> NewJob:
    """`act` is ``stamp`` or ``withdraw``; both stand in one lane, so that they arrive in order."""
    return NewJob(
        kind=JobKind.SEND_LABEL,
        lane=f"label:{label.accession_number}",
        key=f"label:{label.label_id}:{act}",
        payload={"label_id": label.label_id, "accession_number": label.accession_number, "act": act},
        max_attempts=PATIENCE,
    )


def study_facts(report: Report, order: ImagingOrder | None, sheets: Sequence[ScoreSheet]) -> StudyFacts:
    """What the regions ask about a study; an image that nobody scored is not held against it (decisions 26)."""
    amended = {sheet.amends for sheet in sheets}
    image = next(
        (sheet for sheet in sheets if sheet.form_id == "image" and sheet.sheet_id not in amended), None
    )
    exam = report.exam
    return StudyFacts(
        modality=exam.modality or (order.modality if order else ""),
        exam_item=exam.exam_item or (order.exam_item if order else ""),
        body_part=exam.body_part,
        device=exam.device,
        performed_on=day_of(exam.performed_at),
        image_score=image.result.score if image else None,
        open_fatal_issue=image is not None and not image.result.passed,
        sources=(("score_sheet", image.sheet_id),) if image else (),
    )


def day_of(printed: str) -> date | None:
    """The date in a time as sent or printed; ``None`` when none can be read."""
    found = re.search(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})", printed)
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None
