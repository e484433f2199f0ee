"""Evaluations of QC centres, and the labels that studies bear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import func, select, update

from plugin.domain.errors import GateConflict, InvalidInput
from plugin.domain.honour import LabelledStudy
from plugin.domain.recognition import Evaluation, Label, LabelDecision
from plugin.domain.report import Report, ReportStatus
from plugin.store.codec import from_json, from_us, from_us_or_none, to_json, to_us, to_us_or_none
from plugin.store.link import Link, Prepared, given, insert_into, upsert
from plugin.store.tables.exams import exams
from plugin.store.tables.recognition import evaluations, item_answers, labels
from plugin.store.tables.reports import reports

b, v, a, e = labels.c, evaluations.c, item_answers.c, exams.c

_EVALUATIONS = Prepared(
    select(evaluations)
    .where(v.institution_id == given("of_institution"))
    .order_by(v.region_id, v.item_number, v.device, v.valid_from, v.evaluation_id)
)
_ADD_EVALUATION = Prepared(upsert(evaluations))
_COLUMNS = (
    b.label_id, b.accession_number, b.study_instance_uid, b.decision, b.decided_at,
    b.withdrawn_at, b.withdrawn_reason,
)  # fmt: skip
_GET = Prepared(select(*_COLUMNS).where(b.label_id == given("of_id")))
_FOR_EXAM = Prepared(
    select(*_COLUMNS)
    .where(b.accession_number == given("of_accession"))
    .order_by(b.decided_at.desc(), b.label_id.desc())
)
_ADD = Prepared(insert_into(labels))
_WITHDRAW = Prepared(
    update(labels)
    .where(b.label_id == given("of_id"), b.withdrawn_at.is_(None))
    .values(withdrawn_at=given("withdrawn_at"), withdrawn_reason=given("withdrawn_reason"))
)
_MARK = Prepared(
    update(labels)
    .where(b.label_id == given("of_id"))
    .values(pacs_state=given("pacs_state"), pacs_at=given("pacs_at"))
)

_STANDING = Prepared(
    select(b.accession_number)
    .where(b.withdrawn_at.is_(None), b.eligible.is_(True), b.accession_number > given("beyond"))
    .order_by(b.accession_number)
    .limit(given("at_most"))
)
_OF_PATIENT = Prepared(
    select(*_COLUMNS, e.performed_at, reports.c.body)
    .select_from(
        exams.join(labels, b.accession_number == e.accession_number).outerjoin(
            reports, reports.c.id == e.report_id
        )
    )
    .where(
        e.patient_id == given("of_patient"),
        e.assigning_authority == given("of_authority"),
        e.accession_number != given("but_accession"),
        e.report_status != ReportStatus.CANCELLED.value,
        b.withdrawn_at.is_(None),
        b.eligible.is_(True),
    )
    .order_by(e.performed_key.desc(), b.label_id)
)
_ANSWERS = Prepared(select(a.region_id, a.exam_item, a.item_number))
_ANSWER = Prepared(upsert(item_answers))
_EXAM_ITEMS = Prepared(
    select(e.exam_item, e.modality, func.count())
    .where(e.exam_item != "")
    .group_by(e.exam_item, e.modality)
    .order_by(func.count().desc(), e.exam_item)
)


class SqlLabels:
    """Implements ``LabelRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def evaluations(self, institution_id: str) -> Sequence[Evaluation]:
        found = self._link.rows(_EVALUATIONS, {"of_institution": institution_id})
        return [
            Evaluation(
                evaluation_id=evaluation_id,
                region_id=region_id,
                institution_id=institution,
                item_number=item_number,
                device=device,
                passed=bool(passed),
                valid_from=date.fromisoformat(valid_from),
                valid_to=date.fromisoformat(valid_to),
            )
            for evaluation_id, region_id, institution, item_number, device, passed, valid_from, valid_to in found
        ]

    def add_evaluation(self, evaluation: Evaluation) -> None:
        """Keep an evaluation; one of the same identifier (a list that is read in again) is replaced."""
        self._link.run(
            _ADD_EVALUATION,
            {
                "evaluation_id": evaluation.evaluation_id,
                "region_id": evaluation.region_id,
                "institution_id": evaluation.institution_id,
                "item_number": evaluation.item_number,
                "device": evaluation.device,
                "passed": evaluation.passed,
                "valid_from": evaluation.valid_from.isoformat(),
                "valid_to": evaluation.valid_to.isoformat(),
            },
        )

    def get(self, label_id: str) -> Label | None:
        row = self._link.row(_GET, {"of_id": label_id})
        return None if row is None else _label(*row)

    def for_exam(self, accession_number: str) -> Sequence[Label]:
        return [_label(*row) for row in self._link.rows(_FOR_EXAM, {"of_accession": accession_number})]

    def add(self, label: Label) -> None:
        self._link.put(
            _ADD,
            {
                "label_id": label.label_id,
                "accession_number": label.accession_number,
                "study_instance_uid": label.study_instance_uid,
                "region_id": label.decision.region_id,
                "mark": label.decision.mark,
                "eligible": label.decision.eligible,
                "decision": to_json(label.decision),
                "decided_at": to_us(label.decided_at),
                "withdrawn_at": to_us_or_none(label.withdrawn_at),
                "withdrawn_reason": label.withdrawn_reason,
                "pacs_state": "",
                "pacs_at": None,
            },
        )

    def withdraw(self, label_id: str, reason: str, at: datetime) -> None:
        met = self._link.run(
            _WITHDRAW, {"of_id": label_id, "withdrawn_at": to_us(at), "withdrawn_reason": reason}
        )
        if not met:
            raise GateConflict(f"label {label_id} is not there or has been withdrawn before")

    def mark_in_pacs(self, label_id: str, state: str, at: datetime) -> None:
        if not self._link.run(_MARK, {"of_id": label_id, "pacs_state": state, "pacs_at": to_us(at)}):
            raise InvalidInput("label_id", f"no label {label_id}")

    def standing(self, after: str = "", limit: int = 500) -> Sequence[str]:
        return [row[0] for row in self._link.rows(_STANDING, {"beyond": after, "at_most": limit})]

    def of_patient(self, patient_id: str, assigning_authority: str, but: str = "") -> Sequence[LabelledStudy]:
        """By identifier and issuer, never by name; an empty identifier is nobody."""
        if not patient_id:
            return []
        asked = {"of_patient": patient_id, "of_authority": assigning_authority, "but_accession": but}
        return [
            LabelledStudy(
                label=_label(*label),
                performed_at=performed_at,
                result=from_json(Report, body).impression if body else "",
            )
            for *label, performed_at, body in self._link.rows(_OF_PATIENT, asked)
        ]

    def answers(self) -> Mapping[tuple[str, str], int]:
        return {(region, item): number for region, item, number in self._link.rows(_ANSWERS, {})}

    def answer(self, region_id: str, exam_item: str, item_number: int, who: str, at: datetime) -> None:
        self._link.run(
            _ANSWER,
            {
                "region_id": region_id,
                "exam_item": exam_item,
                "item_number": item_number,
                "confirmed_by": who,
                "confirmed_at": to_us(at),
            },
        )

    def exam_items(self) -> Sequence[tuple[str, str, int]]:
        return [(item, modality, count) for item, modality, count in self._link.rows(_EXAM_ITEMS, {})]


def _label(
    label_id: str,
    accession_number: str,
    study_instance_uid: str,
    decision: str,
    decided_at: int,
    withdrawn_at: int | None,
    withdrawn_reason: str,
) -> Label:
    return Label(
        label_id=label_id,
        accession_number=accession_number,
        study_instance_uid=study_instance_uid,
        decision=from_json(LabelDecision, decision),
        decided_at=from_us(decided_at),
        withdrawn_at=from_us_or_none(withdrawn_at),
        withdrawn_reason=withdrawn_reason,
    )
