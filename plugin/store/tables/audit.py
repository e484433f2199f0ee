"""The audit trail and its head."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from plugin.store.tables.columns import Number, metadata, time, words

audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    time("at"),
    time("kept_at"),
    words("actor"),
    words("action"),
    words("subject"),
    words("detail"),
    words("hash"),
    Index("ix_audit_at", "at"),
    Index("ix_audit_subject", "subject"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    words("hash"),
)
