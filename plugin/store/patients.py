"""Patients: a new name, two identifiers that are one person, and the way back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update

from plugin.domain.errors import InvalidInput
from plugin.domain.patient import MergeRecord, Patient, PatientMerge
from plugin.store.codec import from_json, from_us, from_us_or_none, to_json, to_us
from plugin.store.link import Link, Prepared, Row, given, insert_into
from plugin.store.tables.exams import exams, patient_merges

e, p = exams.c, patient_merges.c

_OF_PATIENT = (e.patient_id == given("of_patient"), e.assigning_authority == given("of_authority"))
_RENAME = Prepared(update(exams).where(*_OF_PATIENT).values(patient_name=given("patient_name")))
_RENAME_ONE = Prepared(
    update(exams)
    .where(*_OF_PATIENT, e.accession_number == given("of_accession"))
    .values(patient_name=given("patient_name"))
)
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

_RECORD = (
    p.id, p.prior_id, p.prior_authority, p.surviving_id, p.surviving_authority, p.exams, p.merged_at, p.undone_at,
)  # fmt: skip
_STANDING = Prepared(
    select(*_RECORD).where(p.undone_at.is_(None)).order_by(p.id.desc()).limit(given("at_most"))
)
_OF_MESSAGE = Prepared(
    select(*_RECORD).where(p.message_id == given("of_message")).order_by(p.id.desc()).limit(given("at_most"))
)
_MERGE_OF = Prepared(
    select(p.id, p.surviving_id, p.surviving_authority, p.exams)
    .where(
        p.prior_id == given("of_patient"),
        p.prior_authority == given("of_authority"),
        p.undone_at.is_(None),
    )
    .order_by(p.id.desc())
    .limit(1)
)
_SET_EXAMS = Prepared(update(patient_merges).where(p.id == given("of_id")).values(exams=given("exams")))


class SqlPatients:
    """Implements ``PatientRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._merged: dict[tuple[str, str], Row | None] = {}

    def rename(self, patient: Patient) -> int:
        """Every examination that came under this identifier shows the new name; return how many."""
        count = self._link.run(_RENAME, {**_identity(patient), "patient_name": patient.name})
        if (merged := self._merge_of(patient)) and (alive := self.surviving(patient)) != patient:
            renamed = {**_identity(alive), "patient_name": patient.name}
            count += sum(
                self._link.run(_RENAME_ONE, {**renamed, "of_accession": accession})
                for accession in from_json(list[str], merged[3])
            )
        return count

    def merge(self, merge: PatientMerge, message_id: int | None, at: datetime) -> int:
        if repeated := self._repeated(merge):
            return repeated
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
        self._merged.clear()
        number: int = row[0]
        for accession_number in moved:
            # The surviving identifier may have been merged itself: two messages came in the wrong order.
            self.follow_merge(merge.surviving, accession_number)
        return number

    def _repeated(self, merge: PatientMerge) -> int:
        """The number of the same merge where it stands and nothing has come after it; 0 otherwise.

        A system that says it twice has merged once, and one undoing takes it back.
        """
        if not self._onward(merge.prior):
            return 0
        row = self._merge_of(merge.prior)
        surviving = (merge.surviving.patient_id, merge.surviving.assigning_authority)
        return int(row[0]) if row and tuple(row[1:3]) == surviving else 0

    def standing(self, merge_id: int) -> PatientMerge | None:
        row = self._link.row(_GET, {"of_id": merge_id})
        if row is None:
            return None
        prior, surviving = (
            Patient(patient_id=number, assigning_authority=authority)
            for number, authority in (row[:2], row[2:4])
        )
        return PatientMerge(prior=prior, surviving=surviving)

    def undo_merge(self, merge_id: int, at: datetime) -> int:
        self._merged.clear()
        row = self._link.row(_GET, {"of_id": merge_id})
        if row is None:
            raise InvalidInput(
                "merge",
                f"{merge_id} 不存在或已撤销 / there is no merge {merge_id} that stands: it was undone before",
            )
        prior_id, prior_authority, surviving_id, surviving_authority, moved = row
        surviving = Patient(patient_id=surviving_id, assigning_authority=surviving_authority)
        if onward := self._onward(surviving):
            # Its examinations have been moved on from here: they would be left with the wrong person.
            later, to = onward[0][0], onward[0][1]
            raise InvalidInput(
                "merge",
                f"{surviving_id} 之后又并入 {to}(合并 {later}), 请先撤销后一次合并 / "
                f"merge {later} has moved its examinations on, to {to}; undo merge {later} first",
            )
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

    def merges(self, limit: int, message_id: int | None = None) -> Sequence[MergeRecord]:
        if message_id is None:
            rows = self._link.rows(_STANDING, {"at_most": limit})
        else:
            rows = self._link.rows(_OF_MESSAGE, {"at_most": limit, "of_message": message_id})
        return [_record(row) for row in rows]

    def has_exams(self, patient: Patient) -> bool:
        return bool(self._link.rows(_EXAMS_OF, _identity(patient)))

    def surviving(self, patient: Patient) -> Patient:
        onward = self._onward(patient)
        return _survivor(patient, onward[-1]) if onward else patient

    def follow_merge(self, patient: Patient, accession_number: str) -> None:
        for row in self._onward(patient):
            merge_id, surviving_id, authority, exams = row
            moved = self._link.run(
                _MOVE_ONE,
                {
                    **_identity(patient),
                    "of_accession": accession_number,
                    "to_patient": surviving_id,
                    "to_authority": authority,
                },
            )
            if not moved:
                return
            known = from_json(list[str], exams)
            if accession_number not in known:
                # Undoing the merge takes it back as well.
                listed = to_json([*known, accession_number])
                self._link.run(_SET_EXAMS, {"of_id": merge_id, "exams": listed})
                self._merged.clear()
            patient = _survivor(patient, row)

    def _onward(self, patient: Patient) -> list[Row]:
        """The merges that lead from this identifier to the one that lives on, in their order.

        Merges that lead back to where they began (P1 into P2, later P2 into P1) are how a system
        without an undo takes one back: the newest of them says who lives on.
        """
        followed: list[Row] = []
        passed = [(patient.patient_id, patient.assigning_authority)]
        while (row := self._merge_of(patient)) is not None:
            followed.append(row)
            patient = _survivor(patient, row)
            reached = (patient.patient_id, patient.assigning_authority)
            if reached in passed:
                _, alive, authority, _ = max(followed[passed.index(reached) :], key=lambda each: each[0])
                return followed[: passed.index((alive, authority))]
            passed.append(reached)
        return followed

    def _merge_of(self, patient: Patient) -> Row | None:
        """The merge that moved this identifier; asked for before and after a report is kept."""
        key = patient.patient_id, patient.assigning_authority
        if key not in self._merged:
            self._merged[key] = self._link.row(_MERGE_OF, _identity(patient))
        return self._merged[key]


def _record(row: Row) -> MergeRecord:
    number, prior_id, prior_authority, surviving_id, surviving_authority, moved, merged_at, undone_at = row
    return MergeRecord(
        merge_id=number,
        merge=PatientMerge(
            prior=Patient(patient_id=prior_id, assigning_authority=prior_authority),
            surviving=Patient(patient_id=surviving_id, assigning_authority=surviving_authority),
        ),
        merged_at=from_us(merged_at),
        exams=tuple(from_json(list[str], moved)),
        undone_at=from_us_or_none(undone_at),
    )


def _survivor(patient: Patient, merge: Row) -> Patient:
    return replace(patient, patient_id=merge[1], assigning_authority=merge[2])


def _identity(patient: Patient) -> dict[str, str]:
    return {"of_patient": patient.patient_id, "of_authority": patient.assigning_authority}
