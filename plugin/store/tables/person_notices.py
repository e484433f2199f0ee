"""What people of the department were told."""

from __future__ import annotations

from sqlalchemy import Index, Table

from plugin.store.tables.columns import metadata, time, words

person_notices = Table(
    "person_notices",
    metadata,
    words("notice_id", primary_key=True),
    words("occasion"),
    words("about"),
    words("person_id"),
    words("person_name"),
    time("made_at"),
    time("seen_at", nullable=True),
    words("body"),
    Index("uq_person_notices_about", "about", "occasion", "person_id", "person_name", unique=True),
    Index("ix_person_notices_person_id", "person_id", "made_at"),
)
