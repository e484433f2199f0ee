"""Accounts and server-side sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update

from plugin.domain.people import Account, Role, Session
from plugin.store.codec import from_json, from_us, from_us_or_none, to_json, to_us, to_us_or_none
from plugin.store.link import Link, Prepared, given, insert_into, upsert
from plugin.store.tables.access import accounts, sessions

a, s = accounts.c, sessions.c

_ACCOUNT = Prepared(select(accounts).where(a.login == given("of_login")))
_SAVE = Prepared(upsert(accounts))
_WITH_ROLE = Prepared(
    select(accounts).where(a.role == given("of_role"), a.disabled.is_(False)).order_by(a.login)
)
_COUNT = Prepared(select(func.count()).select_from(accounts))
_ADD_SESSION = Prepared(insert_into(sessions))
_SESSION = Prepared(select(sessions).where(s.token_digest == given("of_digest")))
_TOUCH = Prepared(
    update(sessions).where(s.token_digest == given("of_digest")).values(seen_at=given("seen_at"))
)
_END = Prepared(delete(sessions).where(s.token_digest == given("of_digest")))
_END_OF = Prepared(delete(sessions).where(s.login == given("of_login")))


class SqlPeople:
    """Implements ``PeopleRepository``."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def account(self, login: str) -> Account | None:
        row = self._link.row(_ACCOUNT, {"of_login": login})
        if row is None:
            return None
        return _account(*row)

    def save(self, account: Account) -> None:
        self._link.run(
            _SAVE,
            {
                "login": account.login,
                "name": account.name,
                "role": account.role.value,
                "password_hash": account.password_hash,
                "staff_id": account.staff_id,
                "department": account.department,
                "disabled": account.disabled,
                "must_change_password": account.must_change_password,
                "failures": account.failures,
                "locked_until": to_us_or_none(account.locked_until),
                "password_changed_at": to_us_or_none(account.password_changed_at),
                "former_passwords": to_json(account.former_passwords),
                "totp_secret": account.totp_secret,
                "totp_step": account.totp_step,
            },
        )

    def with_role(self, role: Role) -> Sequence[Account]:
        return [_account(*row) for row in self._link.rows(_WITH_ROLE, {"of_role": role.value})]

    def count(self) -> int:
        (row,) = self._link.rows(_COUNT, {})
        number: int = row[0]
        return number

    def add_session(self, session: Session) -> None:
        self._link.run(
            _ADD_SESSION,
            {
                "token_digest": session.token_digest,
                "login": session.login,
                "created_at": to_us(session.created_at),
                "seen_at": to_us(session.seen_at),
                "csrf": session.csrf,
                "address": session.address,
            },
        )

    def session(self, token_digest: str) -> Session | None:
        row = self._link.row(_SESSION, {"of_digest": token_digest})
        if row is None:
            return None
        digest, login, created_at, seen_at, csrf, address = row
        return Session(
            token_digest=digest,
            login=login,
            created_at=from_us(created_at),
            seen_at=from_us(seen_at),
            csrf=csrf,
            address=address,
        )

    def touch_session(self, token_digest: str, at: datetime) -> None:
        self._link.run(_TOUCH, {"of_digest": token_digest, "seen_at": to_us(at)})

    def end_session(self, token_digest: str) -> None:
        self._link.run(_END, {"of_digest": token_digest})

    def end_sessions_of(self, login: str) -> None:
        self._link.run(_END_OF, {"of_login": login})


def _account(
    login: str,
    name: str,
    role: str,
    password_hash: str,
    staff_id: str,
    department: str,
    disabled: int,
    must_change_password: int,
    failures: int,
    locked_until: int | None,
    password_changed_at: int | None,
    former_passwords: str,
    totp_secret: str,
    totp_step: int,
) -> Account:
    return Account(
        login=login,
        name=name,
        role=Role(role),
        password_hash=password_hash,
        staff_id=staff_id,
        department=department,
        disabled=bool(disabled),
        must_change_password=bool(must_change_password),
        failures=failures,
        locked_until=from_us_or_none(locked_until),
        password_changed_at=from_us_or_none(password_changed_at),
        former_passwords=from_json(tuple[str, ...], former_passwords),
        totp_secret=totp_secret,
        totp_step=totp_step,
    )
