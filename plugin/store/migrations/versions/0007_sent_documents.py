"""Each document by its destination, and what studies were announced to consist of.

What was sent before is taken over from the score sheets; such a row names the
destination of an unchanged ``site.toml``.
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    texts = ("study_instance_uid", "sop_class_uid", "note")
    documents = op.create_table(
        "documents",
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("series_instance_uid", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("accession_number", sa.Text(), nullable=False),
        sa.Column("sheet_ids", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=True),
        sa.Column("lies_at", sa.Text(), nullable=False),
        sa.Column("predecessor", sa.Text(), nullable=False),
        sa.Column("instance_number", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in texts),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sop_instance_uid", name="pk_documents"),
    )
    op.create_index("ix_documents_accession_number", "documents", ["accession_number", "created_at"])
    op.create_index("ix_documents_destination", "documents", ["destination", "kind", "state"])
    op.create_table(
        "announcements",
        sa.Column("study_instance_uid", sa.Text(), nullable=False),
        sa.Column("instances", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("study_instance_uid", name="pk_announcements"),
    )
    op.bulk_insert(documents, _sent_before())


def downgrade() -> None:
    op.drop_table("announcements")
    op.drop_index("ix_documents_destination", table_name="documents")
    op.drop_index("ix_documents_accession_number", table_name="documents")
    op.drop_table("documents")


def _sent_before() -> list[dict[str, object]]:
    found: dict[str, dict[str, object]] = {}
    rows = op.get_bind().execute(
        sa.text(
            "SELECT sop_instance_uid, series_instance_uid, accession_number, sheet_id, pacs_state, pacs_at, scored_at "
            "FROM sheets WHERE sop_instance_uid <> '' ORDER BY scored_at, sheet_id"
        )
    )
    ids: dict[str, list[str]] = {}
    for uid, series, accession, sheet_id, state, at, scored_at in rows:
        ids.setdefault(uid, []).append(sheet_id)
        found[uid] = {
            "sop_instance_uid": uid,
            "series_instance_uid": series,
            "destination": "archive",
            "kind": "sr",
            "accession_number": accession,
            "sheet_ids": json.dumps(ids[uid], separators=(",", ":")),
            "state": state or "queued",
            "at": at,
            "lies_at": "archive" if state else "",
            "predecessor": "",
            "instance_number": 1,
            "source": "",
            "confirmed_by": "",
            "study_instance_uid": "",
            "sop_class_uid": "1.2.840.10008.5.1.4.1.1.88.22" if state else "",
            "note": "",
            "created_at": scored_at,
        }
    return list(found.values())
