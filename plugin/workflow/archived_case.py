"""A kept report as rules and analysers look at it: with its order and what came before."""

from __future__ import annotations

from dataclasses import replace

from plugin.domain.case import Case
from plugin.domain.report import Report
from plugin.workflow.ports.unit_of_work import UnitOfWork


def archived_case(uow: UnitOfWork, report: Report) -> Case:
    """A report with what is known of its order and of the patient's earlier examinations."""
    known = uow.exams.order(report.exam.accession_number)
    order, delivered = known if known else (None, frozenset[str]())
    person = uow.patients.surviving(report.patient)
    priors = tuple(uow.exams.priors(replace(report, patient=person)))
    return Case(report=report, order=order, order_delivered=delivered, priors=priors)


def filled_from_archive(uow: UnitOfWork, case: Case) -> Case:
    """A case that a caller wrote, with the order and the earlier examinations that it says nothing of."""
    report = case.report
    if case.order is None and (known := uow.exams.order(report.exam.accession_number)):
        case = replace(case, order=known[0], order_delivered=known[1])
    if case.priors is None:
        patient = report.patient if report.patient.patient_id or case.order is None else case.order.patient
        person = uow.patients.surviving(patient)
        case = replace(case, priors=tuple(uow.exams.priors(replace(report, patient=person))))
    return case
