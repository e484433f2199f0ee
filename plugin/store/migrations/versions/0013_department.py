"""What people of the department are told, and sheets about the department itself (表B.1)."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person_notices",
        sa.Column("notice_id", sa.Text(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("notice_id", name="pk_person_notices"),
    )
    op.create_index(
        "uq_person_notices_about",
        "person_notices",
        ["about", "occasion", "person_id", "person_name"],
        unique=True,
    )
    op.create_index("ix_person_notices_person_id", "person_notices", ["person_id", "made_at"])
    op.create_table(
        "department_sheets",
        sa.Column("sheet_id", sa.Text(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("amends", sa.Text(), nullable=False),
        sa.Column("scored_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sheet_id", name="pk_department_sheets"),
    )
    op.create_index("ix_department_sheets_form_id", "department_sheets", ["form_id", "scored_at"])


def downgrade() -> None:
    op.drop_index("ix_department_sheets_form_id", table_name="department_sheets")
    op.drop_table("department_sheets")
    op.drop_index("ix_person_notices_person_id", table_name="person_notices")
    op.drop_index("uq_person_notices_about", table_name="person_notices")
    op.drop_table("person_notices")
