"""Who outside raised an issue, which department a verdict came from, and whether a report is structured."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, name in (
        ("issues", "analyser"),
        ("issues", "analyser_version"),
        ("issue_feedback", "department"),
    ):
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
    # Reports kept before nobody looked at: they are counted neither as structured nor as prose.
    op.add_column("reports", sa.Column("structured", sa.Boolean(), nullable=True))


def downgrade() -> None:
    op.drop_column("reports", "structured")
    op.drop_column("issue_feedback", "department")
    op.drop_column("issues", "analyser_version")
    op.drop_column("issues", "analyser")
