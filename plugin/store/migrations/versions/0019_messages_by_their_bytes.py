"""A message that comes again is found by its bytes, however many others bear its control ID."""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_INDEX = "ix_messages_identity"


def upgrade() -> None:
    op.drop_index(_INDEX, "messages")
    op.create_index(_INDEX, "messages", ["sender", "control_id", "state", "digest"])


def downgrade() -> None:
    op.drop_index(_INDEX, "messages")
    op.create_index(_INDEX, "messages", ["sender", "control_id"])
