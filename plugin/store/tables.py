"""The tables.  Times are microseconds since 1970 (UTC); what is read back as a whole is JSON text.

A table here and its migration in ``migrations/versions`` change together; a test
compares them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    literal_column,
    text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite numbers rows by itself only where the key is spelt INTEGER.
_Number = BigInteger().with_variant(Integer(), "sqlite")


def _number() -> Column[int]:
    return Column("id", _Number, primary_key=True, autoincrement=True)


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, Text, nullable=False, **options)


def _time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False)


messages = Table(
    "messages",
    metadata,
    _number(),
    _text("sender"),
    _text("control_id"),
    _text("message_time"),
    _text("message_type"),
    _text("digest"),
    _text("peer"),
    _time("received_at"),
    _text("charset"),
    _flag("charset_guessed"),
    _text("profile"),
    _flag("reliable_control_id"),
    Column("raw", LargeBinary, nullable=False),
    _text("state"),
    Column("ack", LargeBinary, nullable=False),
    _text("error"),
    _text("accession_number"),
    _text("patient_id"),
    _count("duplicates"),
    _text("direction", server_default="received"),
    Index("ix_messages_identity", "sender", "control_id"),
    Index("ix_messages_accession_number", "accession_number"),
    Index("ix_messages_patient_id", "patient_id"),
    Index("ix_messages_state", "state", "received_at"),
    Index("ix_messages_received_at", "received_at"),
)

orders = Table(
    "orders",
    metadata,
    _number(),
    _text("accession_number"),
    _text("placer_order_number"),
    _text("filler_order_number"),
    _text("body"),
    _text("delivered"),
    Column("message_id", _Number, nullable=True),
    Index("ix_orders_accession_number", "accession_number", "id"),
    Index("ix_orders_placer_order_number", "placer_order_number"),
    Index("ix_orders_filler_order_number", "filler_order_number"),
)

exams = Table(
    "exams",
    metadata,
    _text("accession_number", primary_key=True),
    _text("patient_id"),
    _text("assigning_authority"),
    _text("patient_name"),
    _text("study_instance_uid"),
    _text("modality"),
    _text("exam_item"),
    _text("department"),
    _text("patient_class"),
    _text("order_status"),
    _text("performed_at"),
    _text("performed_key"),
    Column("order_id", _Number, nullable=True),
    Column("report_id", _Number, nullable=True),
    _text("report_status"),
    _text("report_key"),
    Index("ix_exams_patient", "patient_id", "assigning_authority"),
    Index("ix_exams_performed_key", "performed_key"),
    Index("ix_exams_report_key", "report_key"),
)

patient_merges = Table(
    "patient_merges",
    metadata,
    _number(),
    _text("prior_id"),
    _text("prior_authority"),
    _text("surviving_id"),
    _text("surviving_authority"),
    _text("exams"),
    Column("message_id", _Number, nullable=True),
    _time("merged_at"),
    _time("undone_at", nullable=True),
    Index("ix_patient_merges_prior", "prior_id", "prior_authority"),
)

reports = Table(
    "reports",
    metadata,
    _number(),
    _text("accession_number"),
    _text("source"),
    _time("kept_at"),
    _text("status"),
    _text("text_digest"),
    _text("report_key"),
    _text("rulebook"),
    _text("author_id"),
    _text("verifier_id"),
    _text("body"),
    Index("ix_reports_accession_number", "accession_number", "report_key", "id"),
    Index("ix_reports_kept_at", "kept_at"),
)

issues = Table(
    "issues",
    metadata,
    _number(),
    Column("report_id", _Number, ForeignKey("reports.id"), nullable=False),
    _text("rule"),
    _text("severity"),
    _text("section"),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    _text("text"),
    _text("message"),
    _text("clause"),
    _text("related"),
    Index("ix_issues_report_id", "report_id"),
    Index("ix_issues_rule", "rule"),
)

alerts = Table(
    "alerts",
    metadata,
    _text("alert_id", primary_key=True),
    _text("accession_number"),
    _text("code"),
    _text("tier"),
    _text("finding"),
    _text("state"),
    _time("detected_at"),
    _time("due_at", nullable=True),
    _count("escalation_level"),
    _text("acknowledged_by"),
    _time("acknowledged_at", nullable=True),
    Index("ix_alerts_accession_number", "accession_number"),
    Index("ix_alerts_state", "state", "due_at"),
    Index("ix_alerts_detected_at", "detected_at"),
)

alert_steps = Table(
    "alert_steps",
    metadata,
    _number(),
    Column("alert_id", Text, ForeignKey("alerts.alert_id"), nullable=False),
    _time("at"),
    _text("state"),
    _text("actor"),
    _text("means"),
    _text("note"),
    _text("recipient", server_default=""),
    _text("phone", server_default=""),
    Index("ix_alert_steps_alert_id", "alert_id", "id"),
)

gates = Table(
    "gates",
    metadata,
    _text("gate_id", primary_key=True),
    _text("event_id", unique=True),
    _text("accession_number"),
    _text("action"),
    _text("signer_id"),
    _text("signer_name"),
    _text("signer_role"),
    _text("decision"),
    _text("reason"),
    Column("draw", Text, nullable=True),
    _text("text_digest"),
    _time("decided_at"),
    Column("state", Text, nullable=True),
    _text("forms"),
    _time("expires_at", nullable=True),
    _flag("owed"),
    _text("caller"),
    Index("ix_gates_study", "accession_number", "action", "decided_at"),
    Index("ix_gates_state", "state", "decided_at"),
    Index("ix_gates_signer_id", "signer_id", "decided_at"),
)

tickets = Table(
    "tickets",
    metadata,
    _text("digest", primary_key=True),
    Column("gate_id", Text, ForeignKey("gates.gate_id"), nullable=False),
    _text("user_id"),
    _time("expires_at"),
    _flag("used"),
    Index("ix_tickets_expires_at", "expires_at"),
)

form_tokens = Table(
    "form_tokens",
    metadata,
    _text("digest", primary_key=True),
    Column("gate_id", Text, ForeignKey("gates.gate_id"), nullable=False),
    _text("user_id"),
    _time("expires_at"),
    _text("amends", server_default=""),
    Index("ix_form_tokens_expires_at", "expires_at"),
)

popup_laters = Table(
    "popup_laters",
    metadata,
    Column("gate_id", Text, ForeignKey("gates.gate_id"), primary_key=True),
    _text("user_id"),
    _time("at"),
    Index("ix_popup_laters_user_id", "user_id", "at"),
)
"""Popups that were put off, for the count of a shift."""

issue_feedback = Table(
    "issue_feedback",
    metadata,
    _text("accession_number", primary_key=True),
    _text("text_digest", primary_key=True),
    _text("rule", primary_key=True),
    _text("section", primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("end", Integer, primary_key=True, autoincrement=False),
    _text("who", primary_key=True),
    _text("site"),
    _text("verdict"),
    _text("reason"),
    _time("at"),
    Index("ix_issue_feedback_rule", "rule", "site", "at"),
)

rule_standings = Table(
    "rule_standings",
    metadata,
    _text("rule", primary_key=True),
    _text("site", primary_key=True),
    _count("accepted"),
    _count("dismissed"),
    _flag("silent"),
    _time("changed_at", nullable=True),
    _text("changed_by"),
    _text("reason"),
)
"""How often a rule was found right, rolled up with each verdict in its transaction."""

sheets = Table(
    "sheets",
    metadata,
    _text("sheet_id", primary_key=True),
    _text("accession_number"),
    _text("gate_id"),
    _text("form_id"),
    _text("form_version"),
    _text("mode"),
    _text("scorer_id"),
    _text("scorer_name"),
    _text("scorer_role"),
    _text("assessed_id"),
    _text("assessed_name"),
    _time("scored_at"),
    Column("score", Integer, nullable=True),
    _text("grade"),
    _flag("passed"),
    _text("answers"),
    _text("result"),
    Column("seconds_to_fill", Float, nullable=True),
    _text("sop_instance_uid"),
    _text("series_instance_uid"),
    _text("amends"),
    _text("pacs_state"),
    _time("pacs_at", nullable=True),
    Index("ix_sheets_accession_number", "accession_number", "scored_at"),
    Index("ix_sheets_gate_id", "gate_id"),
    Index("ix_sheets_sop_instance_uid", "sop_instance_uid"),
    Index("ix_sheets_scored_at", "scored_at"),
    Index("ix_sheets_assessed_id", "assessed_id", "scored_at"),
    Index("ix_sheets_scorer_id", "scorer_id", "scored_at"),
)

labels = Table(
    "labels",
    metadata,
    _text("label_id", primary_key=True),
    _text("accession_number"),
    _text("study_instance_uid"),
    _text("region_id"),
    _text("mark"),
    _flag("eligible"),
    _text("decision"),
    _time("decided_at"),
    _time("withdrawn_at", nullable=True),
    _text("withdrawn_reason"),
    _text("pacs_state"),
    _time("pacs_at", nullable=True),
    Index("ix_labels_accession_number", "accession_number", "decided_at"),
    Index("ix_labels_decided_at", "decided_at"),
)

evaluations = Table(
    "evaluations",
    metadata,
    _text("evaluation_id", primary_key=True),
    _text("region_id"),
    _text("institution_id"),
    _count("item_number"),
    _text("device"),
    _flag("passed"),
    _text("valid_from"),
    _text("valid_to"),
    Index("ix_evaluations_institution_id", "institution_id"),
)

prior_offers = Table(
    "prior_offers",
    metadata,
    _text("offer_id", primary_key=True),
    _text("asked_for"),
    _text("patient_id"),
    _text("assigning_authority"),
    _text("prior_accession_number"),
    _text("state"),
    _text("reason"),
    _flag("explained"),
    _time("offered_at"),
    _text("body"),
    Index("ix_prior_offers_patient", "patient_id", "assigning_authority", "asked_for"),
    Index("ix_prior_offers_offered_at", "offered_at"),
)

item_answers = Table(
    "item_answers",
    metadata,
    _text("region_id", primary_key=True),
    _text("exam_item", primary_key=True),
    _count("item_number"),
    _text("confirmed_by"),
    _time("confirmed_at"),
)
"""An administrator's answers to what no rule maps; 0 is none of the list."""

image_facts = Table(
    "image_facts",
    metadata,
    _text("sop_instance_uid", primary_key=True),
    _text("accession_number"),
    _text("body"),
    Index("ix_image_facts_accession_number", "accession_number"),
)

policies = Table(
    "policies",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    _text("rules"),
    Column("key", LargeBinary, nullable=False),
    _text("key_digest"),
    _time("live_from"),
    _text("author"),
    _text("comment"),
    _text("minimums", server_default="[]"),
    _text("caps", server_default="{}"),
    _text("approved_by", server_default=""),
)

sampling_tallies = Table(
    "sampling_tallies",
    metadata,
    _text("signer_id", primary_key=True),
    _text("minimum", primary_key=True),
    _text("period", primary_key=True),
    _count("seen"),
    _count("drawn"),
)
"""How far a signer has come with a minimum of the sampling policy, kept in the deciding transaction."""

switches = Table(
    "switches",
    metadata,
    _text("department", primary_key=True),
    _flag("gate"),
    _flag("alerts"),
    _flag("stamping"),
    _flag("shadow"),
)

accounts = Table(
    "accounts",
    metadata,
    _text("login", primary_key=True),
    _text("name"),
    _text("role"),
    _text("password_hash"),
    _text("staff_id"),
    _text("department"),
    _flag("disabled"),
    _flag("must_change_password"),
    _count("failures"),
    _time("locked_until", nullable=True),
    _time("password_changed_at", nullable=True),
    _text("former_passwords", server_default="[]"),
    _text("totp_secret", server_default=""),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Index("ix_accounts_staff_id", "staff_id"),
)

sessions = Table(
    "sessions",
    metadata,
    _text("token_digest", primary_key=True),
    Column("login", Text, ForeignKey("accounts.login"), nullable=False),
    _time("created_at"),
    _time("seen_at"),
    _text("csrf"),
    _text("address"),
    Index("ix_sessions_login", "login"),
)

seen_calls = Table(
    "seen_calls",
    metadata,
    _text("caller", primary_key=True),
    _text("call_id", primary_key=True),
    _text("digest"),
    _count("status"),
    _text("answer"),
    _time("at"),
    Index("ix_seen_calls_at", "at"),
)

audit = Table(
    "audit",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=False),
    _time("at"),
    _time("kept_at"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("detail"),
    _text("hash"),
    Index("ix_audit_at", "at"),
    Index("ix_audit_subject", "subject"),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    _text("hash"),
)

jobs = Table(
    "jobs",
    metadata,
    _number(),
    _text("kind"),
    _text("lane"),
    _text("key", unique=True),
    _text("payload"),
    _text("state"),
    _count("attempts"),
    _count("max_attempts"),
    _time("due_at"),
    _time("lease_until", nullable=True),
    _count("fence"),
    _time("created_at"),
    _time("settled_at", nullable=True),
    _text("last_error"),
    # Two small indexes: who is next in a lane, and what a person looks at.
    Index(
        "ix_jobs_waiting",
        "lane",
        "id",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index("ix_jobs_state", "state", "id"),
)

lanes = Table(
    "lanes",
    metadata,
    _text("lane", primary_key=True),
    Column("head_id", _Number, ForeignKey("jobs.id"), nullable=False),
    _text("kind"),
    _time("ready_at"),
    Index("ix_lanes_ready", "kind", "ready_at", "head_id"),
)
"""The head of each lane that has work: one row however many jobs wait behind it."""

PENDING: ColumnElement[str] = literal_column("'pending'")
"""Spelt out in statements: SQLite uses a partial index only for a literal."""
