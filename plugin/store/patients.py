"""Patients: a new name, two identifiers that are one person, and the way back."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update

from plugin.domain.errors import InvalidInput
from plugin.domain.patient import Patient, PatientMerge
from plugin.store.codec import from_json, to_json, to_us
from plugin.store.link import Link, Prepared, given, insert_into
from plugin.store.tables import exams, patient_merges

e, p = exams.c, patient_merges.c

_OF_PATIENT = (e.patient_id == given("of_patient"), e.assigning_authority == given("of_authority"))
_RENAME = Prepared(update(exams).where(*_OF_PATIENT).values(patient_name=given("patient_name")))
_EXAMS_OF = Prepared(select(e.accession_number).where(*_OF_PATIENT).order_by(e.accession_number))
_MOVE_ALL = Prepared(
    update(exams)
    .where(*_OF_PATIENT)
    .values(patient_id=given("to_patient"), assigning_authority=given("to_authority"))
)
_MOVE_ONE = Prepared(
    update(exams)
    .where(*_OF_PATIENT, e.accession_number == given("of_accession"))
    .values(patient_id=given("to_patient"), assigning_authority=given("to_authority"))
)
_ADD = Prepared(insert_into(patient_merges, "id").returning(p.id))
_GET = Prepared(
    select(p.prior_id, p.prior_authority, p.surviving_id, p.surviving_authority, p.exams).where(
        p.id == given("of_id"), p.undone_at.is_(None)
    )
)
_UNDO = Prepared(update(patient_merges).where(p.id == given("of_id")).values(undone_at=given("undone_at")))


class SqlPatients:
    """Implements ``PatientRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def rename(self, patient: Patient) -> int:
        """Every examination of the patient shows the new name; return how many."""
        return self._link.run(_RENAME, {**_identity(patient), "patient_name": patient.name})

    def merge(self, merge: PatientMerge, message_id: int | None, at: datetime) -> int:
        moved = [row[0] for row in self._link.rows(_EXAMS_OF, _identity(merge.prior))]
        self._link.run(
            _MOVE_ALL,
            {
                **_identity(merge.prior),
                "to_patient": merge.surviving.patient_id,
                "to_authority": merge.surviving.assigning_authority,
            },
        )
        (row,) = self._link.rows(
            _ADD,
            {
                "prior_id": merge.prior.patient_id,
                "prior_authority": merge.prior.assigning_authority,
                "surviving_id": merge.surviving.patient_id,
                "surviving_authority": merge.surviving.assigning_authority,
                "exams": to_json(moved),
                "message_id": message_id,
                "merged_at": to_us(at),
                "undone_at": None,
            },
        )
        number: int = row[0]
        return number

    def undo_merge(self, merge_id: int, at: datetime) -> int:
        row = self._link.row(_GET, {"of_id": merge_id})
        if row is None:
            raise InvalidInput("merge", f"no merge {merge_id} that stands")
        prior_id, prior_authority, surviving_id, surviving_authority, moved = row
        back = {
            "of_patient": surviving_id,
            "of_authority": surviving_authority,
            "to_patient": prior_id,
            "to_authority": prior_authority,
        }
        count = sum(
            self._link.run(_MOVE_ONE, {**back, "of_accession": accession})
            for accession in from_json(list[str], moved)
        )
        self._link.run(_UNDO, {"of_id": merge_id, "undone_at": to_us(at)})
        return count


def _identity(patient: Patient) -> dict[str, str]:
    return {"of_patient": patient.patient_id, "of_authority": patient.assigning_authority}
