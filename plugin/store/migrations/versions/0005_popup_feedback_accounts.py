"""What the popup puts off, what people say of issues, amended forms, and accounts' older passwords and codes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "popup_laters",
        sa.Column("gate_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gate_id", name="pk_popup_laters"),
        sa.ForeignKeyConstraint(["gate_id"], ["gates.gate_id"], name="fk_popup_laters_gate_id_gates"),
    )
    op.create_index("ix_popup_laters_user_id", "popup_laters", ["user_id", "at"])
    op.create_table(
        "issue_feedback",
        sa.Column("accession_number", sa.Text(), nullable=False),
        sa.Column("text_digest", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "accession_number",
            "text_digest",
            "rule",
            "section",
            "start",
            "end",
            "who",
            name="pk_issue_feedback",
        ),
    )
    op.create_index("ix_issue_feedback_rule", "issue_feedback", ["rule", "site", "at"])
    op.create_table(
        "rule_standings",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("dismissed", sa.Integer(), nullable=False),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "site", name="pk_rule_standings"),
    )
    op.add_column("form_tokens", sa.Column("amends", sa.Text(), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("password_changed_at", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("former_passwords", sa.Text(), nullable=False, server_default="[]"))
    op.add_column("accounts", sa.Column("totp_secret", sa.Text(), nullable=False, server_default=""))
    op.add_column("accounts", sa.Column("totp_step", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    for column in ("totp_step", "totp_secret", "former_passwords", "password_changed_at"):
        op.drop_column("accounts", column)
    op.drop_column("form_tokens", "amends")
    for table in ("rule_standings", "issue_feedback", "popup_laters"):
        op.drop_table(table)
