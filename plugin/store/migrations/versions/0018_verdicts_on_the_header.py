"""Several issues that name no words share a place: a verdict on one of them says on which."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_TABLE, _KEY = "issue_feedback", "pk_issue_feedback"
_PLACE = ["accession_number", "text_digest", "rule", "section", "start", "end", "who"]


def upgrade() -> None:
    with op.batch_alter_table(_TABLE) as table:
        table.add_column(sa.Column("about", sa.Text(), nullable=False, server_default=""))
        table.drop_constraint(_KEY, type_="primary")
        table.create_primary_key(_KEY, [*_PLACE, "about"])


def downgrade() -> None:
    op.execute(sa.text(f"DELETE FROM {_TABLE} WHERE about <> ''"))  # noqa: S608  a name of this file
    with op.batch_alter_table(_TABLE) as table:
        table.drop_constraint(_KEY, type_="primary")
        table.create_primary_key(_KEY, _PLACE)
        table.drop_column("about")
