"""How often an archive reported that it does not keep a document, and why."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("documents", sa.Column("losses", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("documents", sa.Column("lost_why", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("documents", "lost_why")
    op.drop_column("documents", "losses")
