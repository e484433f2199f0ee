"""Connections to the HL7 listener that were refused."""

from __future__ import annotations

from sqlalchemy import Index, Table

from plugin.store.tables.columns import count, metadata, time, words

turned_away = Table(
    "turned_away",
    metadata,
    words("peer", primary_key=True),
    words("listener", primary_key=True),
    words("reason", primary_key=True),
    words("detail"),
    count("count"),
    time("first_at"),
    time("last_at"),
    Index("ix_turned_away_last_at", "last_at"),
)
