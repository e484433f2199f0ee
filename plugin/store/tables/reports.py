"""Versions of reports, the issues found in them, and what people said of those."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table

from plugin.store.tables.columns import Number, count, flag, metadata, number, time, words

reports = Table(
    "reports",
    metadata,
    number(),
    words("accession_number"),
    words("source"),
    time("kept_at"),
    words("status"),
    words("text_digest"),
    words("report_key"),
    words("rulebook"),
    words("author_id"),
    words("verifier_id"),
    words("body"),
    Column("structured", Boolean, nullable=True),
    Index("ix_reports_accession_number", "accession_number", "report_key", "id"),
    Index("ix_reports_kept_at", "kept_at"),
)

issues = Table(
    "issues",
    metadata,
    number(),
    Column("report_id", Number, ForeignKey("reports.id"), nullable=False),
    words("rule"),
    words("severity"),
    words("section"),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    words("text"),
    words("message"),
    words("clause"),
    words("related"),
    words("analyser", server_default=""),
    words("analyser_version", server_default=""),
    Index("ix_issues_report_id", "report_id"),
    Index("ix_issues_rule", "rule"),
)

issue_feedback = Table(
    "issue_feedback",
    metadata,
    words("accession_number", primary_key=True),
    words("text_digest", primary_key=True),
    words("rule", primary_key=True),
    words("section", primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("end", Integer, primary_key=True, autoincrement=False),
    words("who", primary_key=True),
    words("site"),
    words("verdict"),
    words("reason"),
    time("at"),
    words("department", server_default=""),
    words("about", primary_key=True, server_default=""),
    Index("ix_issue_feedback_rule", "rule", "site", "at"),
)

rule_standings = Table(
    "rule_standings",
    metadata,
    words("rule", primary_key=True),
    words("site", primary_key=True),
    count("accepted"),
    count("dismissed"),
    flag("silent"),
    time("changed_at", nullable=True),
    words("changed_by"),
    words("reason"),
)
"""How often a rule was found right, rolled up with each verdict in its transaction."""
