"""Accounts and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What an account is for.

    The three administrative roles exclude one another and see no patient data
    (GB/T 22239: system, security and audit administrators are three people).
    """

    RADIOLOGIST = "radiologist"
    TECHNICIAN = "technician"
    CLINICIAN = "clinician"
    QC_STAFF = "qc_staff"
    HEAD = "head"
    SYSTEM_ADMIN = "system_admin"
    SECURITY_ADMIN = "security_admin"
    AUDIT_ADMIN = "audit_admin"


ADMINISTRATIVE = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
"""Exclusive roles; no other account role sees their pages, and they see no patient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who may sign in.  `staff_id` is the RIS's identifier of the same person."""

    login: str
    name: str
    role: Role
    password_hash: str
    staff_id: str = ""
    department: str = ""
    disabled: bool = False
    must_change_password: bool = False
    failures: int = 0
    locked_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A server-side session; `token_digest` is the SHA-256 of the cookie's secret."""

    token_digest: str
    login: str
    created_at: datetime
    seen_at: datetime
    csrf: str
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """The three off switches and shadow mode (decisions 8); read at every decision, on all nodes."""

    gate: bool = True
    alerts: bool = True
    stamping: bool = True
    shadow: bool = False
