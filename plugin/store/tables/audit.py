"""The audit trail and its head."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ColumnElement, Index, Integer, Table, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from plugin.store.tables.columns import Number, metadata, time, words


class _PatientIn(FunctionElement[str]):
    type = Text()
    inherit_cache = True


@compiles(_PatientIn, "sqlite")
def _on_sqlite(element: _PatientIn, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_extract({compiler.process(element.clauses, **how)}, '$.patient_id')"


@compiles(_PatientIn, "postgresql")
def _on_postgresql(element: _PatientIn, compiler: SQLCompiler, **how: Any) -> str:
    return f"({compiler.process(element.clauses, **how)}::json ->> 'patient_id')"


def patient_in(detail: ColumnElement[str]) -> ColumnElement[str]:
    """Whom an entry is about, out of its details; an index only serves who asks in these very words."""
    return _PatientIn(detail)


audit = Table(
    "audit",
    metadata,
    Column("number", Number, primary_key=True, autoincrement=False),
    time("at"),
    time("kept_at"),
    words("actor"),
    words("action"),
    words("subject"),
    words("detail"),
    words("hash"),
    Index("ix_audit_at", "at"),
    Index("ix_audit_subject", "subject"),
)

_about_a_patient = patient_in(audit.c.detail).is_not(None)
Index(
    "ix_audit_patient",
    patient_in(audit.c.detail),
    sqlite_where=_about_a_patient,
    postgresql_where=_about_a_patient,
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    words("hash"),
)
