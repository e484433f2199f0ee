"""The tables.  Times are microseconds since 1970 (UTC); what is read back as a whole is JSON text.

A table here and its migration in ``migrations/versions`` change together; a test compares
them.  Every module is imported here, so that `metadata` is whole for whoever compares.
"""

from __future__ import annotations

from plugin.store.tables import (
    access,
    alerts,
    attachments,
    audit,
    department_sheets,
    documents,
    exams,
    gates,
    jobs,
    messages,
    person_notices,
    policies,
    recognition,
    reports,
    reviews,
    sheets,
    staff,
    turned_away,
)
from plugin.store.tables.columns import metadata

__all__ = [
    "access",
    "alerts",
    "attachments",
    "audit",
    "department_sheets",
    "documents",
    "exams",
    "gates",
    "jobs",
    "messages",
    "metadata",
    "person_notices",
    "policies",
    "recognition",
    "reports",
    "reviews",
    "sheets",
    "staff",
    "turned_away",
]
