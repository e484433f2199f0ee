"""Decisions at signing, and what opens the popup."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from plugin.store.tables.columns import flag, metadata, time, words

gates = Table(
    "gates",
    metadata,
    words("gate_id", primary_key=True),
    words("event_id"),
    words("accession_number"),
    words("action"),
    words("signer_id"),
    words("signer_name"),
    words("signer_role"),
    words("decision"),
    words("reason"),
    Column("draw", Text, nullable=True),
    words("text_digest"),
    time("decided_at"),
    Column("state", Text, nullable=True),
    words("forms"),
    time("expires_at", nullable=True),
    flag("owed"),
    words("caller"),
    Column("policy_version", Integer, nullable=True),
    UniqueConstraint("caller", "event_id"),
    Index("ix_gates_study", "accession_number", "action", "decided_at"),
    Index("ix_gates_state", "state", "decided_at"),
    Index("ix_gates_signer_id", "signer_id", "decided_at"),
    Index("ix_gates_policy_version", "policy_version", "decided_at", "gate_id"),
)

tickets = Table(
    "tickets",
    metadata,
    words("digest", primary_key=True),
    Column("gate_id", Text, ForeignKey("gates.gate_id"), nullable=False),
    words("user_id"),
    time("expires_at"),
    flag("used"),
    Index("ix_tickets_expires_at", "expires_at"),
)

form_tokens = Table(
    "form_tokens",
    metadata,
    words("digest", primary_key=True),
    Column("gate_id", Text, ForeignKey("gates.gate_id"), nullable=False),
    words("user_id"),
    time("expires_at"),
    words("amends", server_default=""),
    Index("ix_form_tokens_expires_at", "expires_at"),
)

popup_laters = Table(
    "popup_laters",
    metadata,
    Column("gate_id", Text, ForeignKey("gates.gate_id"), primary_key=True),
    words("user_id"),
    time("at"),
    Index("ix_popup_laters_user_id", "user_id", "at"),
)
"""Popups that were put off, for the count of a shift."""
