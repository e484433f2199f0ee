"""Jobs of the outbox and the lanes they wait in."""

from __future__ import annotations

from sqlalchemy import Column, ColumnElement, ForeignKey, Index, Table, literal_column, text

from plugin.store.tables.columns import Number, count, metadata, number, time, words

jobs = Table(
    "jobs",
    metadata,
    number(),
    words("kind"),
    words("lane"),
    words("key", unique=True),
    words("payload"),
    words("state"),
    count("attempts"),
    count("max_attempts"),
    time("due_at"),
    time("lease_until", nullable=True),
    count("fence"),
    time("created_at"),
    time("settled_at", nullable=True),
    words("last_error"),
    # Two small indexes: who is next in a lane, and what a person looks at.
    Index(
        "ix_jobs_waiting",
        "lane",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index("ix_jobs_state", "state", "id"),
)

lanes = Table(
    "lanes",
    metadata,
    words("lane", primary_key=True),
    Column("head_id", Number, ForeignKey("jobs.id"), nullable=False),
    words("kind"),
    time("ready_at"),
    Index("ix_lanes_ready", "kind", "ready_at", "head_id"),
)
"""The head of each lane that has work: one row however many jobs wait behind it."""

PENDING: ColumnElement[str] = literal_column("'pending'")
"""Spelt out in statements: SQLite uses a partial index only for a literal."""
