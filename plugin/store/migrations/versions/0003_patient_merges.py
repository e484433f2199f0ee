"""Which examinations a merge of two patients moved, so that it can be undone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "patient_merges",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("prior_id", sa.Text(), nullable=False),
        sa.Column("prior_authority", sa.Text(), nullable=False),
        sa.Column("surviving_id", sa.Text(), nullable=False),
        sa.Column("surviving_authority", sa.Text(), nullable=False),
        sa.Column("exams", sa.Text(), nullable=False),
        sa.Column("message_id", NUMBER, nullable=True),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_patient_merges"),
    )
    op.create_index("ix_patient_merges_prior", "patient_merges", ["prior_id", "prior_authority"])


def downgrade() -> None:
    op.drop_index("ix_patient_merges_prior", table_name="patient_merges")
    op.drop_table("patient_merges")
