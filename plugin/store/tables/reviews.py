"""The modes beside the random draw.  What is only read back as a whole is JSON in `body`."""

from __future__ import annotations

from sqlalchemy import Index, Table

from plugin.store.tables.columns import metadata, time, words

review_sessions = Table(
    "review_sessions",
    metadata,
    words("session_id", primary_key=True),
    time("created_at"),
    words("body"),
    Index("ix_review_sessions_created_at", "created_at"),
)

assignments = Table(
    "assignments",
    metadata,
    words("assignment_id", primary_key=True),
    words("gate_id"),
    words("round_id"),
    words("session_id"),
    words("accession_number"),
    words("reader_id"),
    words("purpose"),
    time("assigned_at"),
    time("done_at", nullable=True),
    words("body"),
    Index("ix_assignments_gate_id", "gate_id"),
    Index("ix_assignments_round_id", "round_id"),
    Index("ix_assignments_session_id", "session_id"),
    Index("ix_assignments_accession_number", "accession_number"),
    Index("ix_assignments_reader_id", "reader_id", "assigned_at"),
    Index("ix_assignments_assigned_at", "assigned_at"),
)

objections = Table(
    "objections",
    metadata,
    words("sheet_id", primary_key=True),
    words("round_id"),
    time("at"),
    words("body"),
    Index("ix_objections_round_id", "round_id"),
)

corrections = Table(
    "corrections",
    metadata,
    words("correction_id", primary_key=True),
    words("sheet_id"),
    words("person_id"),
    words("person_name"),
    words("state"),
    time("opened_at"),
    time("due_at"),
    words("body"),
    Index("ix_corrections_sheet_id", "sheet_id"),
    Index("ix_corrections_state", "state", "due_at"),
    Index("ix_corrections_opened_at", "opened_at"),
)
