"""A report arrives: checked, kept as a version, and its critical findings told."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from plugin.domain.case import Case
from plugin.domain.errors import MessageRejected
from plugin.domain.issue import Issue
from plugin.domain.order import ImagingOrder
from plugin.domain.report import Report, ReportStatus
from plugin.rules.earning import Earning
from plugin.rules.inspectors.pool import Inspectors
from plugin.rules.rulebook import Inspection, Rulebook
from plugin.rules.scoring import scores_again
from plugin.rules.structured import is_structured
from plugin.workflow.ask_analysers import AskAnalysers
from plugin.workflow.held_names import held_names
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork
from plugin.workflow.raise_alert import RaiseAlert
from plugin.workflow.stamp_label import StampLabel


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """One report of a message, with the order's numbers that may lead to its examination."""

    report: Report
    placer_order_number: str = ""
    filler_order_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveReport:
    """One report, from the wire or from a sign event, in the transaction of its caller.

    Parameters
    ----------
    beside
        Who inspects beside the writer what :meth:`ahead` is told of.
    """

    rulebook: Rulebook
    alerts: RaiseAlert
    labels: StampLabel
    around: Surroundings
    earning: Earning = field(default_factory=Earning)
    site: str = ""
    analysers: AskAnalysers = field(default_factory=AskAnalysers)
    beside: Inspectors | None = None

    def __call__(
        self,
        uow: UnitOfWork,
        report: Report,
        *,
        source: str,
        placer_order_number: str = "",
        filler_order_number: str = "",
    ) -> Inspection:
        """Check, keep, alert, and see whether the study may bear a label.

        Raises
        ------
        MessageRejected
            When no accession number is given and none can be found by the order's numbers.
        """
        _hold(uow, report, placer_order_number, filler_order_number)
        report = self.numbered(uow, report, placer_order_number, filler_order_number)
        accession_number = report.exam.accession_number
        case = self._case_of(uow, report)
        report, order = case.report, case.order
        inspection = self._inspected(uow, case)
        version = uow.reports.save(
            report,
            inspection.issues,
            source=source,
            at=self.around.clock(),
            rulebook=self.rulebook.version,
            structured=is_structured(report.findings),
        )
        uow.patients.follow_merge(report.patient, accession_number)
        standing = uow.reports.latest(accession_number)
        if standing is not None and standing is not report and not _reads_as(standing, report):
            # An older version came late: it is in the history, and changes nothing.
            return inspection
        findings = self.alerts.with_flags(inspection.critical, report, source)
        self.alerts.from_findings(
            uow, accession_number, findings, report.status, department_of(report, order)
        )
        if source == "oru" and report.status is not ReportStatus.PRELIMINARY:
            self.labels(uow, accession_number)
        if not self.analysers.members:
            return inspection
        self.analysers(uow, report, version)
        return self._joined(uow, report, inspection)

    def foresee(
        self,
        uow: UnitOfWork,
        report: Report,
        *,
        placer_order_number: str = "",
        filler_order_number: str = "",
    ) -> None:
        """Read what any report makes this journey read."""
        _hold(uow, report, placer_order_number, filler_order_number)
        case = self._case_of(uow, self.numbered(uow, report, placer_order_number, filler_order_number))
        accession_number = case.report.exam.accession_number
        uow.reports.latest(accession_number)
        uow.policies.switches(report.department)
        uow.images.for_exam(accession_number)
        uow.feedback.standings(self.site)
        uow.alerts.find(accession_number)
        uow.labels.for_exam(accession_number)

    def inspect(self, uow: UnitOfWork, report: Report) -> Inspection:
        """Read the report against its order and the patient's earlier examinations; keep nothing."""
        return self._joined(uow, report, self._inspected(uow, self._case_of(uow, report)))

    def ahead(self, reports: Callable[[UnitOfWork], Sequence[Arrived]]) -> Future[None] | None:
        """Have reports inspected before their transaction begins, as their cases stand then.

        Nothing comes of it but time, and what fails here is told in the transaction.

        Parameters
        ----------
        reports
            Says which, on a snapshot of the data.

        Returns
        -------
        Future of None, or None
            What to wait for before the transaction; nothing where nobody inspects beside the writer.
        """
        if self.beside is None:
            return None

        def cases(uow: UnitOfWork) -> list[Case]:
            with contextlib.suppress(MessageRejected):
                return [
                    self._case_of(
                        uow,
                        self.numbered(uow, each.report, each.placer_order_number, each.filler_order_number),
                    )
                    for each in reports(uow)
                ]
            return []

        return self.beside.ahead(cases)

    def _case_of(self, uow: UnitOfWork, report: Report) -> Case:
        """The report with what its order fills in, the order itself, and the patient's earlier examinations."""
        known = uow.exams.order(report.exam.accession_number)
        order, delivered = known if known else (None, frozenset[str]())
        report = completed(report, order)
        person = uow.patients.surviving(report.patient)
        of_person = report if person is report.patient else replace(report, patient=person)
        priors = tuple(uow.exams.priors(of_person))
        return Case(report=report, order=order, order_delivered=delivered, priors=priors)

    def _inspected(self, uow: UnitOfWork, case: Case) -> Inspection:
        inspection = (self.beside or self.rulebook).inspect(case)
        remarks = self.labels.evidence.remarks(uow, case.report, case.order)
        if remarks:
            inspection = self._with(inspection, (*inspection.issues, *remarks))
        return self.heard(uow, inspection)

    def _joined(self, uow: UnitOfWork, report: Report, inspection: Inspection) -> Inspection:
        """With what outside analysers have said of this text until now."""
        outside = self.analysers.kept(uow, report)
        return self._with(inspection, (*inspection.issues, *outside)) if outside else inspection

    def _with(self, inspection: Inspection, issues: tuple[Issue, ...]) -> Inspection:
        """The inspection with these issues, and the scores that they come to."""
        scores = scores_again(tuple(self.rulebook.forms), issues, inspection.suggested_scores)
        return replace(inspection, issues=issues, suggested_scores=scores)

    def heard(self, uow: UnitOfWork, inspection: Inspection) -> Inspection:
        """Without the issues of silent rules, and within the budget (:mod:`plugin.rules.earning`)."""
        if not inspection.issues:
            return inspection
        standings = {each.rule: each for each in uow.feedback.standings(self.site)}
        heard = self.earning.heard(inspection.issues, standings)
        return inspection if len(heard) == len(inspection.issues) else self._with(inspection, heard)

    def numbered(self, uow: UnitOfWork, report: Report, placer: str, filler: str) -> Report:
        """The report with its accession number, found by the order's numbers when it names none.

        Raises
        ------
        MessageRejected
            When there is none to be found.
        """
        if report.exam.accession_number:
            return report
        order = uow.exams.find_order(placer, filler)
        number = order.accession_number if order else filler or placer
        if not number:
            raise MessageRejected(
                "AE",
                "101",
                "OBR^1^3",
                "没有检查号、执行号或申请单号(通常在 OBR-18、OBR-3、OBR-2, MDM 在 TXA-15、TXA-14), 报告无法归档 / "
                "no accession number, filler or placer order number (OBR-18, OBR-3, OBR-2, of MDM TXA-15, TXA-14, "
                "unless the profile says otherwise): "
                "the report cannot be kept",
            )
        return replace(report, exam=replace(report.exam, accession_number=number))


def _hold(uow: UnitOfWork, report: Report, *order_numbers: str) -> None:
    uow.hold(*held_names(report.patient.patient_id, report.exam.accession_number, *order_numbers))


def _reads_as(one: Report, other: Report) -> bool:
    return one.status is other.status and one.text_digest == other.text_digest


def completed(report: Report, order: ImagingOrder | None) -> Report:
    """Fill what the report's sender does not deliver at all from the order."""
    if order is None:
        return report
    exam = replace(
        report.exam,
        study_instance_uid=report.exam.study_instance_uid or order.study_instance_uid,
        modality=report.exam.modality or order.modality,
        exam_item=report.exam.exam_item or order.exam_item,
        exam_item_code=report.exam.exam_item_code or order.exam_item_code,
        technician=report.exam.technician or order.technician,
    )
    return replace(report, exam=exam)


def department_of(report: Report, order: ImagingOrder | None) -> str:
    """The clinical department, by which switches and rosters go."""
    return report.department or (order.department if order else "")
