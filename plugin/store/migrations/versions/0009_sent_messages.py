"""Which way each message of the archive went."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("messages", sa.Column("direction", sa.Text(), nullable=False, server_default="received"))


def downgrade() -> None:
    op.drop_column("messages", "direction")
