"""Sheets about the department itself (seed 000 表B.1), and feedback among peers; none is a score sheet."""

from __future__ import annotations

from sqlalchemy import Index, Table

from plugin.store.tables.columns import metadata, time, words

department_sheets = Table(
    "department_sheets",
    metadata,
    words("sheet_id", primary_key=True),
    words("form_id"),
    words("amends"),
    time("scored_at"),
    words("body"),
    Index("ix_department_sheets_form_id", "form_id", "scored_at"),
)
