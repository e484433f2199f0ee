"""Filled scoring forms."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from plugin.domain.errors import InvalidInput
from plugin.domain.scoring import FormAnswers, ScoreResult, ScoreSheet, ScoringMode
from plugin.store.codec import from_json, from_us, to_json, to_us
from plugin.store.link import Link, Prepared, given, insert_into
from plugin.store.tables.sheets import sheets

s = sheets.c
_COLUMNS = (
    s.sheet_id, s.accession_number, s.gate_id, s.form_id, s.form_version, s.mode, s.scorer_id, s.scorer_name,
    s.scorer_role, s.assessed_id, s.assessed_name, s.scored_at, s.answers, s.result, s.seconds_to_fill,
    s.sop_instance_uid, s.series_instance_uid, s.amends,
)  # fmt: skip

_ADD = Prepared(insert_into(sheets))
_GET = Prepared(select(*_COLUMNS).where(s.sheet_id == given("of_id")))
_FOR_GATE = Prepared(
    select(*_COLUMNS).where(s.gate_id == given("of_gate")).order_by(s.scored_at.desc(), s.sheet_id.desc())
)
_FOR_EXAM = Prepared(
    select(*_COLUMNS)
    .where(s.accession_number == given("of_accession"))
    .order_by(s.scored_at.desc(), s.sheet_id.desc())
)
_BY_UID = Prepared(
    select(*_COLUMNS)
    .where(s.sop_instance_uid == given("of_uid"))
    .order_by(s.scored_at.desc(), s.sheet_id.desc())
)
_DEDUCED = Prepared(
    select(s.result)
    .where(s.form_id == given("of_form"), or_(s.score < 5, s.passed.is_(False)))
    .order_by(s.scored_at.desc())
    .limit(given("at_most"))
)
_IN_PACS = Prepared(select(s.pacs_state).where(s.sheet_id == given("of_id")))
_MARK = Prepared(
    update(sheets)
    .where(s.sheet_id == given("of_id"))
    .values(pacs_state=given("pacs_state"), pacs_at=given("pacs_at"))
)


class SqlSheets:
    """Implements ``SheetRepository``.  An answer never changes; only what the PACS says of it does."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, sheet: ScoreSheet) -> None:
        self._link.run(
            _ADD,
            {
                "sheet_id": sheet.sheet_id,
                "accession_number": sheet.accession_number,
                "gate_id": sheet.gate_id,
                "form_id": sheet.form_id,
                "form_version": sheet.form_version,
                "mode": sheet.mode.value,
                "scorer_id": sheet.scorer_id,
                "scorer_name": sheet.scorer_name,
                "scorer_role": sheet.scorer_role,
                "assessed_id": sheet.assessed_id,
                "assessed_name": sheet.assessed_name,
                "scored_at": to_us(sheet.scored_at),
                "score": sheet.result.score,
                "grade": sheet.result.grade,
                "passed": sheet.result.passed,
                "answers": to_json(sheet.answers),
                "result": to_json(sheet.result),
                "seconds_to_fill": sheet.seconds_to_fill,
                "sop_instance_uid": sheet.sop_instance_uid,
                "series_instance_uid": sheet.series_instance_uid,
                "amends": sheet.amends,
                "pacs_state": "",
                "pacs_at": None,
            },
        )

    def get(self, sheet_id: str) -> ScoreSheet | None:
        row = self._link.row(_GET, {"of_id": sheet_id})
        return None if row is None else _sheet(*row)

    def for_gate(self, gate_id: str) -> Sequence[ScoreSheet]:
        return [_sheet(*row) for row in self._link.rows(_FOR_GATE, {"of_gate": gate_id})] if gate_id else []

    def for_exam(self, accession_number: str) -> Sequence[ScoreSheet]:
        return [_sheet(*row) for row in self._link.rows(_FOR_EXAM, {"of_accession": accession_number})]

    def by_sop_instance_uid(self, uid: str) -> Sequence[ScoreSheet]:
        return [_sheet(*row) for row in self._link.rows(_BY_UID, {"of_uid": uid})] if uid else []

    def deduction_reasons(self, form_id: str, limit: int = 300) -> Sequence[tuple[str, str]]:
        found = self._link.rows(_DEDUCED, {"of_form": form_id, "at_most": limit})
        return [
            (deduction.criterion_id, deduction.reason)
            for row in found
            for deduction in from_json(ScoreResult, row[0]).deductions
            if deduction.reason
        ]

    def in_pacs(self, sheet_id: str) -> str:
        row = self._link.row(_IN_PACS, {"of_id": sheet_id})
        return "" if row is None else str(row[0])

    def mark_in_pacs(self, sheet_id: str, state: str, at: datetime) -> None:
        if not self._link.run(_MARK, {"of_id": sheet_id, "pacs_state": state, "pacs_at": to_us(at)}):
            raise InvalidInput("sheet_id", f"no score sheet {sheet_id}")


def _sheet(
    sheet_id: str,
    accession_number: str,
    gate_id: str,
    form_id: str,
    form_version: str,
    mode: str,
    scorer_id: str,
    scorer_name: str,
    scorer_role: str,
    assessed_id: str,
    assessed_name: str,
    scored_at: int,
    answers: str,
    result: str,
    seconds_to_fill: float | None,
    sop_instance_uid: str,
    series_instance_uid: str,
    amends: str,
) -> ScoreSheet:
    return ScoreSheet(
        sheet_id=sheet_id,
        accession_number=accession_number,
        form_id=form_id,
        form_version=form_version,
        mode=ScoringMode(mode),
        scorer_id=scorer_id,
        scorer_name=scorer_name,
        scorer_role=scorer_role,
        assessed_id=assessed_id,
        assessed_name=assessed_name,
        scored_at=from_us(scored_at),
        answers=from_json(FormAnswers, answers),
        result=from_json(ScoreResult, result),
        gate_id=gate_id,
        seconds_to_fill=seconds_to_fill,
        sop_instance_uid=sop_instance_uid,
        series_instance_uid=series_instance_uid,
        amends=amends,
    )
