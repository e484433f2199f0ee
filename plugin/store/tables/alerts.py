"""Critical alerts and their trails."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text

from plugin.store.tables.columns import count, metadata, number, time, words

alerts = Table(
    "alerts",
    metadata,
    words("alert_id", primary_key=True),
    words("accession_number"),
    words("code"),
    words("tier"),
    words("finding"),
    words("state"),
    time("detected_at"),
    time("due_at", nullable=True),
    count("escalation_level"),
    words("acknowledged_by"),
    time("acknowledged_at", nullable=True),
    Column("target_minutes", Integer),
    Index("ix_alerts_accession_number", "accession_number"),
    Index("ix_alerts_state", "state", "due_at"),
    Index("ix_alerts_detected_at", "detected_at"),
)

alert_steps = Table(
    "alert_steps",
    metadata,
    number(),
    Column("alert_id", Text, ForeignKey("alerts.alert_id"), nullable=False),
    time("at"),
    words("state"),
    words("actor"),
    words("means"),
    words("note"),
    words("recipient", server_default=""),
    words("phone", server_default=""),
    Index("ix_alert_steps_alert_id", "alert_id", "id"),
)
