"""The time limit that was in force when an alert was raised stays with it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alerts", sa.Column("target_minutes", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("alerts", "target_minutes")
