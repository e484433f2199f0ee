"""Raw messages, received and sent."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table

from plugin.store.tables.columns import count, flag, metadata, number, time, words

messages = Table(
    "messages",
    metadata,
    number(),
    words("sender"),
    words("control_id"),
    words("message_time"),
    words("message_type"),
    words("digest"),
    words("peer"),
    time("received_at"),
    words("charset"),
    flag("charset_guessed"),
    words("profile"),
    flag("reliable_control_id"),
    Column("raw", LargeBinary, nullable=False),
    words("state"),
    Column("ack", LargeBinary, nullable=False),
    words("error"),
    words("accession_number"),
    words("patient_id"),
    count("duplicates"),
    words("direction", server_default="received"),
    Index("ix_messages_identity", "sender", "control_id", "state", "digest"),
    Index("ix_messages_accession_number", "accession_number"),
    Index("ix_messages_patient_id", "patient_id"),
    Index("ix_messages_state", "state", "received_at"),
    Index("ix_messages_received_at", "received_at"),
)
