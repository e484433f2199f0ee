"""An event's ID is its caller's own, and the draws of a policy version are found by an index."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_VERSION_OF_DRAW = {
    "sqlite": "UPDATE gates SET policy_version = json_extract(draw, '$.policy_version') WHERE draw IS NOT NULL",
    "postgresql": "UPDATE gates SET policy_version = (draw::json ->> 'policy_version')::integer WHERE draw IS NOT NULL",
}


def upgrade() -> None:
    with op.batch_alter_table("gates") as table:
        table.add_column(sa.Column("policy_version", sa.Integer(), nullable=True))
        table.drop_constraint("uq_gates_event_id", type_="unique")
        table.create_unique_constraint("uq_gates_caller", ["caller", "event_id"])
    op.execute(sa.text(_VERSION_OF_DRAW[op.get_bind().dialect.name]))
    op.create_index("ix_gates_policy_version", "gates", ["policy_version", "decided_at", "gate_id"])


def downgrade() -> None:
    op.drop_index("ix_gates_policy_version", "gates")
    with op.batch_alter_table("gates") as table:
        table.drop_constraint("uq_gates_caller", type_="unique")
        table.create_unique_constraint("uq_gates_event_id", ["event_id"])
        table.drop_column("policy_version")
