"""Accounts for visitors of the demo's console: one a role, one random password for all, kept with the data."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from plugin.domain.people import Account, Role
from plugin.workflow.accounts import Accounts
from plugin.workflow.ports.unit_of_work import UnitOfWork

ROLES = {
    "zhuren": ("演示主任", Role.HEAD, ""),
    "zhikong": ("演示质控员", Role.QC_STAFF, ""),
    "yishi": ("钱二", Role.RADIOLOGIST, "D1002"),
    "bingqu": ("演示病区", Role.CLINICIAN, ""),
    "guanli": ("演示管理员", Role.SYSTEM_ADMIN, ""),
    "shenji": ("演示审计员", Role.AUDIT_ADMIN, ""),
}
"""Login to name, role and RIS identifier."""

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
    for login, (name, role, staff_id) in ROLES.items():
        if accounts.store.read(partial(_account, login)) is None:
            account = accounts.add("demo", login, name, role, password, staff_id=staff_id)
            # A visitor has not chosen it, and must not have to choose another.
            accounts.store.write(partial(_save, replace(account, must_change_password=False)))
    return Visitors(tuple(ROLES), password)


def _account(login: str, uow: UnitOfWork) -> Account | None:
    return uow.people.account(login)


def _save(account: Account, uow: UnitOfWork) -> None:
    uow.people.save(account)


def _password() -> str:
    letters = "".join(secrets.choice(string.ascii_letters) for _ in range(8))
    return f"{letters}-{secrets.randbelow(9000) + 1000}"
