"""Versions of the sampling policy, their drafts, how far signers have come, and the switches."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, Table

from plugin.store.tables.columns import count, flag, metadata, time, words

policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    words("rules"),
    Column("key", LargeBinary, nullable=False),
    words("key_digest"),
    time("live_from"),
    words("author"),
    words("comment"),
    words("minimums", server_default="[]"),
    words("caps", server_default="{}"),
    words("approved_by", server_default=""),
)

policy_drafts = Table(
    "policy_drafts",
    metadata,
    words("draft_id", primary_key=True),
    time("proposed_at"),
    words("state"),
    words("body"),
    Index("ix_policy_drafts_state", "state", "proposed_at"),
)

sampling_tallies = Table(
    "sampling_tallies",
    metadata,
    words("signer_id", primary_key=True),
    words("minimum", primary_key=True),
    words("period", primary_key=True),
    count("seen"),
    count("drawn"),
)
"""How far a signer has come with a minimum of the sampling policy, kept in the deciding transaction."""

switches = Table(
    "switches",
    metadata,
    words("department", primary_key=True),
    flag("gate"),
    flag("alerts"),
    flag("stamping"),
    flag("shadow"),
)
