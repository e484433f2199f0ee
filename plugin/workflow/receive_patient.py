"""A patient is renamed, or two identifiers turn out to be one person."""

from __future__ import annotations

from dataclasses import replace

from plugin.domain.patient import Patient, PatientMerge
from plugin.workflow.held_names import held_names
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import UnitOfWork


def hold_patients(uow: UnitOfWork, *patients: Patient) -> None:
    """Keep other nodes from what is filed under these identifiers."""
    uow.hold(*(name for patient in patients for name in held_names(patient.patient_id)))


def update_patient(uow: UnitOfWork, patient: Patient) -> None:
    """Show the patient's examinations under the name that is now known; without a name nothing changes.

    What is said of an identifier that was merged is said of what came under it, and not of the person
    who lives on: the sender has not heard of the merge, and may know less than who asked for it.
    """
    hold_patients(uow, patient)
    if patient.patient_id and patient.name:
        uow.patients.rename(patient)


def merge_patients(
    uow: UnitOfWork, merge: PatientMerge, message_id: int | None, around: Surroundings, actor: str = "hl7"
) -> int | None:
    """Move the prior patient's history to the surviving one, audited; return the merge's number.

    An identifier that is merged into itself has nothing to move: ``None``.  A prior one that is
    told without its authority, and that no examination bears so, is of the surviving one's.
    """
    prior, surviving = merge.prior, merge.surviving
    hold_patients(uow, prior, surviving)
    if not prior.assigning_authority and not uow.patients.has_exams(prior):
        prior = replace(prior, assigning_authority=surviving.assigning_authority)
    merge = replace(merge, prior=prior)
    if (prior.patient_id, prior.assigning_authority) == (surviving.patient_id, surviving.assigning_authority):
        return None
    at = around.clock()
    merge_id = uow.patients.merge(merge, message_id, at)
    uow.audit.append(
        at,
        actor,
        "merge_patients",
        str(merge_id),
        {
            "prior": _shown(prior),
            "surviving": _shown(surviving),
            "message": str(message_id or ""),
        },
    )
    return merge_id


def undo_merge(uow: UnitOfWork, merge_id: int, around: Surroundings, actor: str, reason: str) -> int:
    """Move back what the merge moved, audited; return how many examinations went back.

    Raises
    ------
    InvalidInput
        When no such merge stands.
    """
    if merge := uow.patients.standing(merge_id):
        hold_patients(uow, merge.prior, merge.surviving)
    at = around.clock()
    moved = uow.patients.undo_merge(merge_id, at)
    uow.audit.append(at, actor, "undo_merge", str(merge_id), {"reason": reason, "exams": str(moved)})
    return moved


def _shown(patient: Patient) -> str:
    return "^".join(filter(None, (patient.patient_id, patient.assigning_authority)))
