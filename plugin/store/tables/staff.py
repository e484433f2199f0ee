"""People of the department and who teaches whom."""

from __future__ import annotations

from sqlalchemy import Index, Table

from plugin.store.tables.columns import metadata, time, words

staff = Table(
    "staff",
    metadata,
    words("staff_id", primary_key=True),
    words("name"),
    words("body"),
)

teachings = Table(
    "teachings",
    metadata,
    words("teaching_id", primary_key=True),
    words("resident_id"),
    words("teacher_id"),
    time("starts_at"),
    words("state"),
    words("body"),
    Index("ix_teachings_starts_at", "starts_at"),
    Index("ix_teachings_resident_id", "resident_id", "starts_at"),
)
