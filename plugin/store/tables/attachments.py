"""Documents that came beside reports."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table

from plugin.store.tables.columns import metadata, number, time, words

attachments = Table(
    "attachments",
    metadata,
    number(),
    words("accession_number"),
    # No foreign key: the archive may forget the message, the document stays.
    Column("message_id", BigInteger, nullable=False),
    time("kept_at"),
    words("code"),
    words("media_type"),
    words("reference"),
    words("fault"),
    Column("size", Integer, nullable=False),
    words("digest"),
    Column("content", LargeBinary, nullable=False),
    Index("ix_attachments_accession_number", "accession_number"),
    Index("ix_attachments_message_id", "message_id"),
)
