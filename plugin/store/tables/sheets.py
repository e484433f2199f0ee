"""Filled forms."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, Table

from plugin.store.tables.columns import flag, metadata, time, words

sheets = Table(
    "sheets",
    metadata,
    words("sheet_id", primary_key=True),
    words("accession_number"),
    words("gate_id"),
    words("form_id"),
    words("form_version"),
    words("mode"),
    words("scorer_id"),
    words("scorer_name"),
    words("scorer_role"),
    words("assessed_id"),
    words("assessed_name"),
    time("scored_at"),
    Column("score", Integer, nullable=True),
    words("grade"),
    flag("passed"),
    words("answers"),
    words("result"),
    Column("seconds_to_fill", Float, nullable=True),
    words("sop_instance_uid"),
    words("series_instance_uid"),
    words("amends"),
    words("pacs_state"),
    time("pacs_at", nullable=True),
    Index("ix_sheets_accession_number", "accession_number", "scored_at"),
    Index("ix_sheets_gate_id", "gate_id"),
    Index("ix_sheets_sop_instance_uid", "sop_instance_uid"),
    Index("ix_sheets_scored_at", "scored_at"),
    Index("ix_sheets_assessed_id", "assessed_id", "scored_at"),
    Index("ix_sheets_scorer_id", "scorer_id", "scored_at"),
)
