"""Entries of the audit trail are found by the patient in their details."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_PATIENT = {
    "sqlite": "json_extract(detail, '$.patient_id')",
    "postgresql": "(detail::json ->> 'patient_id')",
}


def upgrade() -> None:
    patient = _PATIENT[op.get_bind().dialect.name]
    known = sa.text(f"{patient} IS NOT NULL")
    op.create_index(
        "ix_audit_patient", "audit", [sa.text(patient)], sqlite_where=known, postgresql_where=known
    )


def downgrade() -> None:
    op.drop_index("ix_audit_patient", "audit")
