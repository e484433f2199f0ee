"""Accounts and what they may do."""

from __future__ import annotations

from dataclasses import dataclass, field
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
    """A person who may sign in.

    Parameters
    ----------
    staff_id
        The RIS's identifier of the same person.
    former_passwords
        Hashes of the last ones, newest first; none of them may be chosen again.
    totp_secret, totp_step
        Second factor (RFC 6238), empty for none, and the last step that was used: each serves once.
    """

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
    password_changed_at: datetime | None = None
    former_passwords: tuple[str, ...] = ()
    totp_secret: str = field(default="", repr=False)
    totp_step: int = 0


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
