"""What was sent to archives, and what was announced to us."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from plugin.store.tables.columns import metadata, words

documents = Table(
    "documents",
    metadata,
    words("sop_instance_uid", primary_key=True),
    words("series_instance_uid"),
    words("destination"),
    words("kind"),
    words("accession_number"),
    words("sheet_ids"),
    words("state"),
    Column("at", BigInteger, nullable=True),
    words("lies_at"),
    words("predecessor"),
    Column("instance_number", Integer, nullable=False),
    words("source"),
    words("confirmed_by"),
    words("study_instance_uid"),
    words("sop_class_uid"),
    words("note"),
    Column("losses", Integer, nullable=False, server_default="0"),
    words("lost_why", server_default=""),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_documents_accession_number", "accession_number", "created_at"),
    Index("ix_documents_destination", "destination", "kind", "state"),
)
"""One row an instance: a destination's own SR, its PDF twin, or a selection of images."""

announcements = Table(
    "announcements",
    metadata,
    words("study_instance_uid", primary_key=True),
    words("instances"),
    Column("at", BigInteger, nullable=False),
)
"""What a study was announced to consist of, by Instance Availability Notifications."""
