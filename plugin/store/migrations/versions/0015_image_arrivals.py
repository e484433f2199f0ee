"""When the images of an examination passed through us, and whose they say they are (DB50 7.1)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "image_arrivals",
        sa.Column("accession_number", sa.Text(), nullable=False),
        sa.Column("acquired_at", sa.Text(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.Text(), nullable=False),
        sa.Column("other_patient_id", sa.Text(), nullable=False),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("other_modality", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("accession_number", name="pk_image_arrivals"),
    )


def downgrade() -> None:
    op.drop_table("image_arrivals")
