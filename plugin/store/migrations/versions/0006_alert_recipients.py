"""Who was told at each hop of an alert, and at which number."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("alert_steps", sa.Column("recipient", sa.Text(), nullable=False, server_default=""))
    op.add_column("alert_steps", sa.Column("phone", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("alert_steps", "phone")
    op.drop_column("alert_steps", "recipient")
