"""Who is at the other end: accounts, sign-in, server-side sessions, lock-out.

Passwords are hashed outside any transaction, because argon2 takes long on purpose and the
store has one writer.  Five wrong passwords from one address lock that address out of that
account for a quarter of an hour; twenty from anywhere lock the account, so that one
machine cannot lock a doctor out but many cannot guess for ever.  An unknown login costs
the caller the same time and gets the same words.  A second factor (RFC 6238) is asked for
where an account has one; it is good once, and a wrong one counts like a wrong password.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, NotAuthentic
from plugin.domain.people import Account, Role, Session
from plugin.kit.totp import matching_step
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork

_COMMON = (
    "password",
    "qwerty",
    "12345678",
    "signgate",
    "radiology",
    "hospital",
    "admin",
    "yiyuan",
    "fangshe",
)
"""Words that a guess begins with; a password that holds one of them is refused."""

WRONG = "login or password is wrong, or the account is locked"
"""One sentence for every refusal: it tells nobody whether an account exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPolicy:
    """Time limits of sessions and lock-out, and what a password must be.

    Parameters
    ----------
    remembered
        So many of the last passwords, the present one among them, are not taken again.
    max_age
        An older password must be changed before anything else; zero never.
    words
        The site's own words that a guess begins with: the hospital's name, its initials.
    """

    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    lock_time: timedelta = timedelta(minutes=15)
    tries_per_address: int = 5
    tries_in_all: int = 20
    min_length: int = 10
    remembered: int = 5
    max_age: timedelta = timedelta(days=180)
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session with its account; `secret` is the cookie's value, known only at sign-in."""

    account: Account
    session: Session
    secret: str = ""


@dataclass(kw_only=True)
class Accounts:
    """Journeys of people at the door."""

    store: Store
    around: Surroundings
    policy: AccountPolicy = field(default_factory=AccountPolicy)
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _wrong: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _decoy: str = ""

    def sign_in(self, login: str, password: str, address: str, code: str = "") -> SignedIn:
        """Open a session; `code` is the second factor of an account that has one.

        Raises
        ------
        NotAuthentic
            Wrong, unknown, disabled or locked: always the same words.
        """
        login = login.strip()
        now = self.around.clock()
        account = self.store.read(lambda uow: uow.people.account(login))
        right = self._verify(account, password)
        shut_out = self._shut_out(login, address, now)
        locked = bool(account and account.locked_until and account.locked_until > now)
        step = self._second_factor(account, code)
        if account is None or account.disabled or shut_out or locked or not right or step is None:
            self._note_wrong(login, address, now)
            self.store.write(
                lambda uow: self._record_refusal(uow, login, address, now, counts=not (shut_out or locked))
            )
            raise NotAuthentic(WRONG)
        with self._lock:
            self._wrong.pop((login, address), None)
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
            if self._outworn(account, now):
                account = replace(account, must_change_password=True)
            return SignedIn(account=account, session=session)

        found = self.store.read(find)
        if found is None:
            return None
        session = found.session
        if now - session.seen_at > self.policy.idle or now - session.created_at > self.policy.absolute:
            self.store.write(lambda uow: uow.people.end_session(token))
            return None
        if touch and now - session.seen_at > timedelta(minutes=1):
            # Once a minute is often enough to tell idleness, and spares a write a page.
            self.store.write(lambda uow: uow.people.touch_session(token, now))
        return found

    def sign_out(self, secret: str) -> None:
        self.store.write(lambda uow: uow.people.end_session(digest(secret)))

    def create_first(self, login: str, name: str, password: str) -> Account:
        """The first administrator; refused once any account exists.

        Raises
        ------
        GateConflict
            When there is an account already.
        """
        account = self._new(login, name, Role.SYSTEM_ADMIN, password)

        def create(uow: UnitOfWork) -> Account:
            if uow.people.count():
                raise GateConflict("the first administrator exists already; sign in instead")
            uow.people.save(account)
            uow.audit.append(
                self.around.clock(),
                account.login,
                "account.first",
                account.login,
                {"role": account.role.value},
            )
            return account

        return self.store.write(create)

    def add(
        self,
        actor: str,
        login: str,
        name: str,
        role: Role,
        password: str,
        *,
        staff_id: str = "",
        department: str = "",
    ) -> Account:
        """A new account, which must change its password at the first sign-in.

        Raises
        ------
        InvalidInput
            The login or password will not do, or the login is taken.
        """
        account = replace(
            self._new(login, name, role, password),
            staff_id=staff_id.strip(),
            department=department.strip(),
            must_change_password=True,
        )

        def create(uow: UnitOfWork) -> Account:
            if uow.people.account(account.login) is not None:
                raise InvalidInput("login", f"{account.login!r} is taken")
            uow.people.save(account)
            uow.audit.append(self.around.clock(), actor, "account.added", account.login, {"role": role.value})
            return account

        return self.store.write(create)

    def change_password(self, actor: str, login: str, password: str, *, by_owner: bool = False) -> None:
        """Set a password; every session of the account ends."""
        self._check_password(login, password)
        self._check_history(self.store.read(lambda uow: uow.people.account(login)), password)
        hashed, now = self.hasher.hash(password), self.around.clock()
        self._change(
            actor,
            login,
            "account.password",
            lambda account: replace(
                account,
                password_hash=hashed,
                password_changed_at=now,
                former_passwords=(account.password_hash, *account.former_passwords)[: self.policy.remembered],
                must_change_password=not by_owner,
                failures=0,
                locked_until=None,
            ),
        )

    def change_own_password(self, login: str, old: str, new: str) -> None:
        """The owner's way, which asks for the old password first.

        Raises
        ------
        NotAuthentic
            When the old password is wrong.
        """
        if not self._verify(self.store.read(lambda uow: uow.people.account(login)), old):
            raise NotAuthentic("the old password is wrong")
        if old == new:
            raise InvalidInput("password", "must differ from the old one")
        self.change_password(login, login, new, by_owner=True)

    def set_second_factor(self, login: str, secret: str, code: str) -> None:
        """The owner's device has taken `secret` over, as its `code` proves; every session ends.

        Raises
        ------
        InvalidInput
            When the code is not of this secret and minute.
        """
        step = matching_step(secret, code, self.around.clock().timestamp(), 0)
        if step is None:
            raise InvalidInput("code", "does not fit; is the device's clock right?")
        self._change(
            login,
            login,
            "account.second_factor",
            lambda account: replace(account, totp_secret=secret, totp_step=step),
        )

    def drop_second_factor(self, actor: str, login: str) -> None:
        """A device is lost: an administrator takes the second factor away; every session ends."""
        self._change(
            actor,
            login,
            "account.second_factor_dropped",
            lambda account: replace(account, totp_secret="", totp_step=0),
        )

    def set_disabled(self, actor: str, login: str, disabled: bool) -> None:
        """Close an account, or open it (and its lock) again; its sessions end.

        Raises
        ------
        NotAllowed
            Nobody closes his own account.
        """
        if actor == login and disabled:
            raise NotAllowed("nobody closes his own account; ask another administrator")
        action = "account.disabled" if disabled else "account.enabled"
        self._change(
            actor,
            login,
            action,
            lambda account: replace(account, disabled=disabled, failures=0, locked_until=None),
        )

    def change_role(self, actor: str, login: str, role: Role) -> None:
        """Give another role; sessions opened under the old one end."""
        self._change(actor, login, "account.role", lambda account: replace(account, role=role))

    def any(self) -> bool:
        return self.store.read(lambda uow: uow.people.count()) > 0

    def _new(self, login: str, name: str, role: Role, password: str) -> Account:
        login, name = login.strip(), name.strip()
        if not (2 <= len(login) <= 64) or not all(c.isalnum() or c in "._-@" for c in login):
            raise InvalidInput("login", "2 to 64 letters, digits, or . _ - @")
        if not name:
            raise InvalidInput("name", "must not be empty")
        self._check_password(login, password)
        return Account(
            login=login,
            name=name,
            role=role,
            password_hash=self.hasher.hash(password),
            password_changed_at=self.around.clock(),
        )

    def _check_password(self, login: str, password: str) -> None:
        low, words = password.casefold(), [word.casefold() for word in self.policy.words if word]
        if len(password) < self.policy.min_length:
            raise InvalidInput("password", f"needs at least {self.policy.min_length} characters")
        if len(password) > 256:
            raise InvalidInput("password", "has at most 256 characters")
        if (
            len(set(password)) < 5
            or login.casefold() in low
            or any(word in low for word in (*_COMMON, *words))
        ):
            raise InvalidInput("password", "is too easy to guess: avoid the login and common words")

    def _check_history(self, account: Account | None, password: str) -> None:
        """Outside the transaction: each former hash costs as much as a sign-in."""
        if account is None:
            return
        former = (account.password_hash, *account.former_passwords)[: self.policy.remembered]
        if any(self._matches(hashed, password) for hashed in former):
            raise InvalidInput("password", f"is one of your last {self.policy.remembered}; take a new one")

    def _outworn(self, account: Account, now: datetime) -> bool:
        changed, most = account.password_changed_at, self.policy.max_age
        return bool(most) and changed is not None and now - changed > most

    def _second_factor(self, account: Account | None, code: str) -> int | None:
        """The time step of the right code, 0 where none is asked for, ``None`` for a wrong one."""
        if account is None or not account.totp_secret:
            return 0
        now_s = self.around.clock().timestamp()
        return matching_step(account.totp_secret, code, now_s, account.totp_step)

    def _change(self, actor: str, login: str, action: str, change: Callable[[Account], Account]) -> None:
        def apply(uow: UnitOfWork) -> None:
            account = uow.people.account(login)
            if account is None:
                raise InvalidInput("login", f"no account {login!r}")
            uow.people.save(change(account))
            uow.people.end_sessions_of(login)
            uow.audit.append(self.around.clock(), actor, action, login, {})

        self.store.write(apply)

    def _verify(self, account: Account | None, password: str) -> bool:
        if account is None and not self._decoy:
            self._decoy = self.hasher.hash(self.around.mint.secret())
        return self._matches(account.password_hash if account else self._decoy, password)

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self.hasher.verify(hashed, password[:256])
        except (VerificationError, InvalidHashError):
            return False

    def _shut_out(self, login: str, address: str, now: datetime) -> bool:
        with self._lock:
            tries = [at for at in self._wrong.get((login, address), []) if now - at < self.policy.lock_time]
            return len(tries) >= self.policy.tries_per_address

    def _note_wrong(self, login: str, address: str, now: datetime) -> None:
        with self._lock:
            if len(self._wrong) > 10_000:
                self._wrong.clear()  # a flood of invented logins may not fill the memory
            tries = self._wrong.setdefault((login, address), [])
            tries[:] = [at for at in tries if now - at < self.policy.lock_time][-50:]
            if len(tries) < self.policy.tries_per_address:
                tries.append(now)

    def _record_refusal(
        self, uow: UnitOfWork, login: str, address: str, now: datetime, *, counts: bool
    ) -> None:
        """Audit it; an address that is shut out already adds nothing to the account's count."""
        account = uow.people.account(login)
        if account is not None and counts:
            failures = account.failures + 1
            full = failures >= self.policy.tries_in_all
            until = now + self.policy.lock_time if full else account.locked_until
            uow.people.save(replace(account, failures=0 if full else failures, locked_until=until))
        # An unknown login is not written down: it may be a password typed into the wrong field.
        subject = login if account is not None else "unknown"
        uow.audit.append(now, subject, "session.refused", subject, {"address": address})


def digest(secret: str) -> str:
    """SHA-256 (hex) of a cookie's secret."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def same(offered: str, expected: str) -> bool:
    """Compare two secrets in a time that tells nothing."""
    return hmac.compare_digest(offered.encode("utf-8", "replace"), expected.encode("utf-8", "replace"))
