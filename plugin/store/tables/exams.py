"""Orders, the examinations they ask for, and merges of their patients."""

from __future__ import annotations

from sqlalchemy import Column, Index, Table

from plugin.store.tables.columns import Number, metadata, number, time, words

orders = Table(
    "orders",
    metadata,
    number(),
    words("accession_number"),
    words("placer_order_number"),
    words("filler_order_number"),
    words("body"),
    words("delivered"),
    Column("message_id", Number, nullable=True),
    Index("ix_orders_accession_number", "accession_number", "id"),
    Index("ix_orders_placer_order_number", "placer_order_number"),
    Index("ix_orders_filler_order_number", "filler_order_number"),
)

exams = Table(
    "exams",
    metadata,
    words("accession_number", primary_key=True),
    words("patient_id"),
    words("assigning_authority"),
    words("patient_name"),
    words("study_instance_uid"),
    words("modality"),
    words("exam_item"),
    words("department"),
    words("patient_class"),
    words("order_status"),
    words("performed_at"),
    words("performed_key"),
    Column("order_id", Number, nullable=True),
    Column("report_id", Number, nullable=True),
    words("report_status"),
    words("report_key"),
    Index("ix_exams_patient", "patient_id", "assigning_authority"),
    Index("ix_exams_performed_key", "performed_key"),
    Index("ix_exams_report_key", "report_key"),
)

patient_merges = Table(
    "patient_merges",
    metadata,
    number(),
    words("prior_id"),
    words("prior_authority"),
    words("surviving_id"),
    words("surviving_authority"),
    words("exams"),
    Column("message_id", Number, nullable=True),
    time("merged_at"),
    time("undone_at", nullable=True),
    Index("ix_patient_merges_prior", "prior_id", "prior_authority"),
)
