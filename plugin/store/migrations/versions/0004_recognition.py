"""Offers of recognised results with their answers, answers about item names, facts of images."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "prior_offers",
        sa.Column("offer_id", sa.Text(), nullable=False),
        sa.Column("asked_for", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("assigning_authority", sa.Text(), nullable=False),
        sa.Column("prior_accession_number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("explained", sa.Boolean(), nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("offer_id", name="pk_prior_offers"),
    )
    op.create_index(
        "ix_prior_offers_patient", "prior_offers", ["patient_id", "assigning_authority", "asked_for"]
    )
    op.create_index("ix_prior_offers_offered_at", "prior_offers", ["offered_at"])
    op.create_table(
        "item_answers",
        sa.Column("region_id", sa.Text(), nullable=False),
        sa.Column("exam_item", sa.Text(), nullable=False),
        sa.Column("item_number", sa.Integer(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("region_id", "exam_item", name="pk_item_answers"),
    )
    op.create_table(
        "image_facts",
        sa.Column("sop_instance_uid", sa.Text(), nullable=False),
        sa.Column("accession_number", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sop_instance_uid", name="pk_image_facts"),
    )
    op.create_index("ix_image_facts_accession_number", "image_facts", ["accession_number"])


def downgrade() -> None:
    op.drop_index("ix_image_facts_accession_number", table_name="image_facts")
    op.drop_table("image_facts")
    op.drop_table("item_answers")
    op.drop_index("ix_prior_offers_offered_at", table_name="prior_offers")
    op.drop_index("ix_prior_offers_patient", table_name="prior_offers")
    op.drop_table("prior_offers")
