"""Tables of what was sent to archives, and of what was announced to us."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from plugin.store.tables import metadata


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, Text, nullable=False, primary_key=key)


documents = Table(
    "documents",
    metadata,
    _text("sop_instance_uid", key=True),
    _text("series_instance_uid"),
    _text("destination"),
    _text("kind"),
    _text("accession_number"),
    _text("sheet_ids"),
    _text("state"),
    Column("at", BigInteger, nullable=True),
    _text("lies_at"),
    _text("predecessor"),
    Column("instance_number", Integer, nullable=False),
    _text("source"),
    _text("confirmed_by"),
    _text("study_instance_uid"),
    _text("sop_class_uid"),
    _text("note"),
    Column("created_at", BigInteger, nullable=False),
    Index("ix_documents_accession_number", "accession_number", "created_at"),
    Index("ix_documents_destination", "destination", "kind", "state"),
)
"""One row an instance: a destination's own SR, its PDF twin, or a selection of images."""

announcements = Table(
    "announcements",
    metadata,
    _text("study_instance_uid", key=True),
    _text("instances"),
    Column("at", BigInteger, nullable=False),
)
"""What a study was announced to consist of, by Instance Availability Notifications."""
