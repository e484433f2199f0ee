"""Who is at the other end: sign-in and server-side sessions.

An unknown login costs the caller the same time and gets the same words as a wrong password.
A second factor (RFC 6238) is asked for where an account has one; it is good once, and a
wrong one counts like a wrong password.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.domain.errors import NotAuthentic
from plugin.domain.people import Account, Session
from plugin.kit.totp import matching_step
from plugin.workflow.lock_out import LockOut
from plugin.workflow.passwords import Passwords
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork

WRONG = "login or password is wrong, or the account is locked"
"""One sentence for every refusal: it tells nobody whether an account exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session with its account; `secret` is the cookie's value, known only at sign-in."""

    account: Account
    session: Session
    secret: str = ""


@dataclass(kw_only=True)
class SignIn:
    """Opens, finds and closes sessions.

    Parameters
    ----------
    idle, absolute
        How long a session lasts without use, and at most.
    """

    store: Store
    around: Surroundings
    passwords: Passwords
    lock_out: LockOut = field(default_factory=LockOut)
    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)

    def open(self, login: str, password: str, address: str, code: str = "") -> SignedIn:
        """Open a session; `code` is the second factor of an account that has one.

        Raises
        ------
        NotAuthentic
            Wrong, unknown, disabled or locked: always the same words.
        """
        login = login.strip()
        now = self.around.clock()
        account = self.store.read(lambda uow: uow.people.account(login))
        right = self.passwords.fits(account, password)
        shut_out = self.lock_out.holds(login, address, now)
        locked = bool(account and account.locked_until and account.locked_until > now)
        step = _second_factor(account, code, now)
        if account is None or account.disabled or shut_out or locked or not right or step is None:
            self.lock_out.note(login, address, now)
            self.store.write(
                lambda uow: self._record_refusal(uow, login, address, now, counts=not (shut_out or locked))
            )
            raise NotAuthentic(WRONG)
        self.lock_out.forget(login, address)
        secret = self.around.mint.secret()
        session = Session(
            token_digest=digest(secret),
            login=login,
            created_at=now,
            seen_at=now,
            csrf=self.around.mint.secret(),
            address=address,
        )

        def open_session(uow: UnitOfWork) -> Account:
            current = uow.people.account(login)
            if current is None or current.disabled or current.password_hash != account.password_hash:
                raise NotAuthentic(WRONG)
            if current.totp_secret != account.totp_secret or (step and step <= current.totp_step):
                raise NotAuthentic(WRONG)  # the same code twice at once: one of them opens
            used = max(step, current.totp_step)
            fresh = replace(current, failures=0, locked_until=None, totp_step=used)
            uow.people.save(fresh)
            uow.people.add_session(session)
            uow.audit.append(now, login, "session.opened", login, {"address": address})
            return fresh

        return SignedIn(account=self.store.write(open_session), session=session, secret=secret)

    def session(self, secret: str, *, touch: bool = True) -> SignedIn | None:
        """The session of a cookie, if it still holds; `touch` keeps it from idling out."""
        if not secret:
            return None
        now = self.around.clock()
        token = digest(secret)

        def find(uow: UnitOfWork) -> SignedIn | None:
            session = uow.people.session(token)
            account = uow.people.account(session.login) if session else None
            if session is None or account is None or account.disabled:
                return None
            if self.passwords.outworn(account, now):
                account = replace(account, must_change_password=True)
            return SignedIn(account=account, session=session)

        found = self.store.read(find)
        if found is None:
            return None
        session = found.session
        if now - session.seen_at > self.idle or now - session.created_at > self.absolute:
            self.store.write(lambda uow: uow.people.end_session(token))
            return None
        if touch and now - session.seen_at > timedelta(minutes=1):
            # Once a minute is often enough to tell idleness, and spares a write a page.
            self.store.write(lambda uow: uow.people.touch_session(token, now))
        return found

    def close(self, secret: str) -> None:
        self.store.write(lambda uow: uow.people.end_session(digest(secret)))

    def _record_refusal(
        self, uow: UnitOfWork, login: str, address: str, now: datetime, *, counts: bool
    ) -> None:
        """Audit it; an address that is shut out already adds nothing to the account's count."""
        account = uow.people.account(login)
        if account is not None and counts:
            uow.people.save(self.lock_out.counted(account, now))
        # An unknown login is not written down: it may be a password typed into the wrong field.
        subject = login if account is not None else "unknown"
        uow.audit.append(now, subject, "session.refused", subject, {"address": address})


def _second_factor(account: Account | None, code: str, now: datetime) -> int | None:
    """The time step of the right code, 0 where none is asked for, ``None`` for a wrong one."""
    if account is None or not account.totp_secret:
        return 0
    return matching_step(account.totp_secret, code, now.timestamp(), account.totp_step)


def digest(secret: str) -> str:
    """SHA-256 (hex) of a cookie's secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def same(offered: str, expected: str) -> bool:
    """Compare two secrets in a time that tells nothing."""
    return hmac.compare_digest(offered.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))
