"""Minimums and caps of a sampling policy, who approved it, and how far each signer has come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("policies") as table:
        table.add_column(sa.Column("minimums", sa.Text(), nullable=False, server_default="[]"))
        table.add_column(sa.Column("caps", sa.Text(), nullable=False, server_default="{}"))
        table.add_column(sa.Column("approved_by", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "sampling_tallies",
        sa.Column("signer_id", sa.Text(), nullable=False),
        sa.Column("minimum", sa.Text(), nullable=False),
        sa.Column("period", sa.Text(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("drawn", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("signer_id", "minimum", "period", name="pk_sampling_tallies"),
    )


def downgrade() -> None:
    op.drop_table("sampling_tallies")
    with op.batch_alter_table("policies") as table:
        for column in ("approved_by", "caps", "minimums"):
            table.drop_column(column)
