"""Sheets about the department itself, and feedback among peers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from plugin.domain.department_sheet import DepartmentSheet
from plugin.store.codec import from_json, to_json, to_us
from plugin.store.link import Link, Prepared, given, insert_into
from plugin.store.tables.department_sheets import department_sheets

d = department_sheets.c

_ADD = Prepared(insert_into(department_sheets))
_GET = Prepared(select(d.body).where(d.sheet_id == given("of_id")))
_REPLACED = Prepared(select(d.amends).where(d.form_id == given("of_form"), d.amends != ""))
_OF_FORM = Prepared(
    select(d.body)
    .where(
        d.form_id == given("of_form"),
        d.scored_at >= given("since"),
        d.scored_at < given("until"),
        d.body.like(given("holding"), escape="!"),
    )
    .order_by(d.scored_at.desc(), d.sheet_id)
    .limit(given("at_most"))
)
_FOREVER = 2**62
"""Microseconds; no sheet is kept so late."""


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

    def replaced(self, form_id: str) -> frozenset[str]:
        return frozenset(row[0] for row in self._link.rows(_REPLACED, {"of_form": form_id}))

    def of_form(
        self,
        form_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        *,
        holding: str = "",
        limit: int = 100,
    ) -> Sequence[DepartmentSheet]:
        found = self._link.rows(
            _OF_FORM,
            {
                "of_form": form_id,
                "since": to_us(since) if since else 0,
                "until": to_us(until) if until else _FOREVER,
                "holding": _as_pattern(holding),
                "at_most": limit,
            },
        )
        return [from_json(DepartmentSheet, row[0]) for row in found]


def _as_pattern(value: str) -> str:
    """A LIKE pattern of a body in which `value` stands as a JSON text; every body when it is empty."""
    if not value:
        return "%"
    text = to_json(value).replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return f"%{text}%"
