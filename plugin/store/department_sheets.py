"""Sheets about the department itself."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from plugin.domain.department_sheet import DepartmentSheet
from plugin.store.codec import from_json, to_json, to_us
from plugin.store.link import Link, Prepared, given, insert_into
from plugin.store.tables.department_sheets import department_sheets

d = department_sheets.c

_ADD = Prepared(insert_into(department_sheets))
_GET = Prepared(select(d.body).where(d.sheet_id == given("of_id")))
_ALL = Prepared(select(d.body).order_by(d.scored_at.desc(), d.sheet_id).limit(given("at_most")))


class SqlDepartmentSheets:
    """Implements ``DepartmentSheetRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def add(self, sheet: DepartmentSheet) -> None:
        self._link.run(
            _ADD,
            {
                "sheet_id": sheet.sheet_id,
                "form_id": sheet.form_id,
                "amends": sheet.amends,
                "scored_at": to_us(sheet.scored_at),
                "body": to_json(sheet),
            },
        )

    def get(self, sheet_id: str) -> DepartmentSheet | None:
        row = self._link.row(_GET, {"of_id": sheet_id})
        return None if row is None else from_json(DepartmentSheet, row[0])

    def all(self, limit: int = 100) -> Sequence[DepartmentSheet]:
        return [from_json(DepartmentSheet, row[0]) for row in self._link.rows(_ALL, {"at_most": limit})]
