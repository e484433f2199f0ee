"""Who may come in: accounts, sessions, and the signed calls that were answered."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, Text

from plugin.store.tables.columns import count, flag, metadata, time, words

accounts = Table(
    "accounts",
    metadata,
    words("login", primary_key=True),
    words("name"),
    words("role"),
    words("password_hash"),
    words("staff_id"),
    words("department"),
    flag("disabled"),
    flag("must_change_password"),
    count("failures"),
    time("locked_until", nullable=True),
    time("password_changed_at", nullable=True),
    words("former_passwords", server_default="[]"),
    words("totp_secret", server_default=""),
    Column("totp_step", BigInteger, nullable=False, server_default="0"),
    Index("ix_accounts_staff_id", "staff_id"),
)

sessions = Table(
    "sessions",
    metadata,
    words("token_digest", primary_key=True),
    Column("login", Text, ForeignKey("accounts.login"), nullable=False),
    time("created_at"),
    time("seen_at"),
    words("csrf"),
    words("address"),
    Index("ix_sessions_login", "login"),
)

seen_calls = Table(
    "seen_calls",
    metadata,
    words("caller", primary_key=True),
    words("call_id", primary_key=True),
    words("digest"),
    count("status"),
    words("answer"),
    time("at"),
    Index("ix_seen_calls_at", "at"),
)
