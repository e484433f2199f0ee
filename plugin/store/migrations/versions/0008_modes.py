"""Review sessions, assigned readings, objections, corrections, staff, teaching, proposed policies."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES: dict[str, tuple[str, dict[str, tuple[bool, bool]], tuple[tuple[str, ...], ...]]] = {
    # table: (primary key, column: (is a time, may be empty), indexes)
    "review_sessions": ("session_id", {"created_at": (True, False)}, (("created_at",),)),
    "assignments": (
        "assignment_id",
        {
            "gate_id": (False, False),
            "round_id": (False, False),
            "session_id": (False, False),
            "accession_number": (False, False),
            "reader_id": (False, False),
            "purpose": (False, False),
            "assigned_at": (True, False),
            "done_at": (True, True),
        },
        (
            ("gate_id",),
            ("round_id",),
            ("session_id",),
            ("accession_number",),
            ("reader_id", "assigned_at"),
            ("assigned_at",),
        ),
    ),
    "objections": ("sheet_id", {"round_id": (False, False), "at": (True, False)}, (("round_id",),)),
    "corrections": (
        "correction_id",
        {
            "sheet_id": (False, False),
            "person_id": (False, False),
            "person_name": (False, False),
            "state": (False, False),
            "opened_at": (True, False),
            "due_at": (True, False),
        },
        (("sheet_id",), ("state", "due_at"), ("opened_at",)),
    ),
    "staff": ("staff_id", {"name": (False, False)}, ()),
    "teachings": (
        "teaching_id",
        {
            "resident_id": (False, False),
            "teacher_id": (False, False),
            "starts_at": (True, False),
            "state": (False, False),
        },
        (("starts_at",), ("resident_id", "starts_at")),
    ),
    "policy_drafts": (
        "draft_id",
        {"proposed_at": (True, False), "state": (False, False)},
        (("state", "proposed_at"),),
    ),
}


def upgrade() -> None:
    for name, (key, columns, indexes) in TABLES.items():
        op.create_table(
            name,
            sa.Column(key, sa.Text(), nullable=False),
            *(
                sa.Column(column, sa.BigInteger() if is_time else sa.Text(), nullable=may_be_empty)
                for column, (is_time, may_be_empty) in columns.items()
            ),
            sa.Column("body", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint(key, name=f"pk_{name}"),
        )
        for index in indexes:
            op.create_index(f"ix_{name}_{index[0]}", name, list(index))


def downgrade() -> None:
    for name, (_, _, indexes) in TABLES.items():
        for index in indexes:
            op.drop_index(f"ix_{name}_{index[0]}", table_name=name)
        op.drop_table(name)
