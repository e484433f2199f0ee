"""Tables of the modes beside the random draw.  What is only read back as a whole is JSON in `body`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table, Text

from plugin.store.tables import metadata


def _text(name: str, *, primary_key: bool = False) -> Column[str]:
    return Column(name, Text, primary_key=primary_key, nullable=False)


def _time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


review_sessions = Table(
    "review_sessions",
    metadata,
    _text("session_id", primary_key=True),
    _time("created_at"),
    _text("body"),
    Index("ix_review_sessions_created_at", "created_at"),
)

assignments = Table(
    "assignments",
    metadata,
    _text("assignment_id", primary_key=True),
    _text("gate_id"),
    _text("round_id"),
    _text("session_id"),
    _text("accession_number"),
    _text("reader_id"),
    _text("purpose"),
    _time("assigned_at"),
    _time("done_at", nullable=True),
    _text("body"),
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
    _text("sheet_id", primary_key=True),
    _text("round_id"),
    _time("at"),
    _text("body"),
    Index("ix_objections_round_id", "round_id"),
)

corrections = Table(
    "corrections",
    metadata,
    _text("correction_id", primary_key=True),
    _text("sheet_id"),
    _text("person_id"),
    _text("person_name"),
    _text("state"),
    _time("opened_at"),
    _time("due_at"),
    _text("body"),
    Index("ix_corrections_sheet_id", "sheet_id"),
    Index("ix_corrections_state", "state", "due_at"),
    Index("ix_corrections_opened_at", "opened_at"),
)

staff = Table(
    "staff",
    metadata,
    _text("staff_id", primary_key=True),
    _text("name"),
    _text("body"),
)

teachings = Table(
    "teachings",
    metadata,
    _text("teaching_id", primary_key=True),
    _text("resident_id"),
    _text("teacher_id"),
    _time("starts_at"),
    _text("state"),
    _text("body"),
    Index("ix_teachings_starts_at", "starts_at"),
    Index("ix_teachings_resident_id", "resident_id", "starts_at"),
)

policy_drafts = Table(
    "policy_drafts",
    metadata,
    _text("draft_id", primary_key=True),
    _time("proposed_at"),
    _text("state"),
    _text("body"),
    Index("ix_policy_drafts_state", "state", "proposed_at"),
)
