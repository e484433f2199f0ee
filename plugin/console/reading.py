"""Who has looked at a patient's documents: each look is an entry of the audit trail.

The patient stands there by the identifier alone, so that the trail answers "who looked at
this patient" without being a list of names.
"""

from __future__ import annotations

from plugin.console.desk import ConsoleDesk
from plugin.console.gatekeeper import signed_in
from plugin.workflow.ports.unit_of_work import UnitOfWork


def note_look(desk: ConsoleDesk, action: str, subject: str, patient_id: str, **detail: str) -> None:
    """Write down that the signed-in person has opened `subject`, which is `patient_id`'s."""
    login, told = signed_in().account.login, {**detail, "patient_id": patient_id}
    known = {name: value for name, value in told.items() if value}
    desk.store.write(lambda uow: uow.audit.append(desk.clock(), login, action, subject, known))


def patient_of(uow: UnitOfWork, accession_number: str) -> str:
    """The identifier of who was examined, as the report or else the order gives it."""
    report, known = uow.reports.latest(accession_number), uow.exams.order(accession_number)
    of_order = known[0].patient.patient_id if known else ""
    return (report.patient.patient_id if report else "") or of_order
