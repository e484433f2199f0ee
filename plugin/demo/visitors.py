"""Accounts for visitors of the demo's console: one a role, one random password for all, kept with the data."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from plugin.domain.people import Account, Role
from plugin.domain.staff import StaffMember, StaffRole
from plugin.workflow.accounts import Accounts
from plugin.workflow.ports.unit_of_work import UnitOfWork

ROLES = {
    "zhuren": ("演示主任", Role.HEAD, "D9001"),
    "zhikong": ("演示质控员", Role.QC_STAFF, "D9002"),
    "yishi": ("钱二", Role.RADIOLOGIST, "D1002"),
    "bingqu": ("演示病区", Role.CLINICIAN, ""),
    "guanli": ("演示管理员", Role.SYSTEM_ADMIN, ""),
    "shenji": ("演示审计员", Role.AUDIT_ADMIN, ""),
}
"""Login to name, role and RIS identifier."""

STAFF = (
    ("D1001", "赵一", StaffRole.RESIDENT),
    ("D1002", "钱二", StaffRole.ATTENDING),
    ("D1003", "孙七", StaffRole.SENIOR),
    ("D9001", "演示主任", StaffRole.HEAD),
    ("D9002", "演示质控员", StaffRole.QC_STAFF),
)
"""Number, name and role; all of them may sign."""

FILE = "visitors"


@dataclass(frozen=True, slots=True)
class Visitors:
    """Who may sign in, and with what."""

    logins: tuple[str, ...]
    password: str


def invite(accounts: Accounts, folder: Path) -> Visitors:
    """Make the accounts that are not there yet; the same folder keeps its password (mode 0600)."""
    file = folder / FILE
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(_password() + "\n", encoding="ascii")
    password = file.read_text("ascii").strip()
    accounts.store.write(_department)
    for login, (name, role, staff_id) in ROLES.items():
        if accounts.store.read(partial(_account, login)) is None:
            account = accounts.add("demo", login, name, role, password, staff_id=staff_id)
            # A visitor has not chosen it, and must not have to choose another.
            accounts.store.write(partial(_save, replace(account, must_change_password=False)))
    return Visitors(tuple(ROLES), password)


def _department(uow: UnitOfWork) -> None:
    """The staff table: without it nobody could be given another's report to score."""
    for staff_id, name, role in STAFF:
        if uow.staff.get(staff_id) is None:
            uow.staff.save(
                StaffMember(
                    staff_id=staff_id,
                    name=name,
                    role=role,
                    departments=("放射科",),
                    licensed=True,
                    first_stage=True,
                )
            )


def _account(login: str, uow: UnitOfWork) -> Account | None:
    return uow.people.account(login)


def _save(account: Account, uow: UnitOfWork) -> None:
    uow.people.save(account)


def _password() -> str:
    letters = "".join(secrets.choice(string.ascii_letters) for _ in range(8))
    return f"{letters}-{secrets.randbelow(9000) + 1000}"
