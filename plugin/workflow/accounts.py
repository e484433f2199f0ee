"""Accounts: who has one, in which role, with which password and second factor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from plugin.domain.errors import GateConflict, InvalidInput, NotAllowed, NotAuthentic
from plugin.domain.people import Account, Role
from plugin.kit.totp import matching_step
from plugin.workflow.passwords import Passwords
from plugin.workflow.ports.surroundings import Surroundings
from plugin.workflow.ports.unit_of_work import Store, UnitOfWork


@dataclass(kw_only=True)
class Accounts:
    """What may happen to an account; whatever changes one ends its sessions."""

    store: Store
    around: Surroundings
    passwords: Passwords

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
        self.passwords.check(login, password)
        if (account := self._account(login)) is not None:
            self.passwords.check_history(account, password)
        hashed, now = self.passwords.hash(password), self.around.clock()
        self._change(
            actor,
            login,
            "account.password",
            lambda account: replace(
                account,
                password_hash=hashed,
                password_changed_at=now,
                former_passwords=(account.password_hash, *account.former_passwords)[
                    : self.passwords.remembered
                ],
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
        if not self.passwords.fits(self._account(login), old):
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
            Nobody closes his own account, nor the last administrator's.
        """
        if actor == login and disabled:
            raise NotAllowed("nobody closes his own account; ask another administrator")
        action = "account.disabled" if disabled else "account.enabled"
        self._change(
            actor,
            login,
            action,
            lambda account: replace(account, disabled=disabled, failures=0, locked_until=None),
            ends_administrator=disabled,
        )

    def change_role(self, actor: str, login: str, role: Role) -> None:
        """Give another role; sessions opened under the old one end.

        Raises
        ------
        NotAllowed
            Nobody gives himself a role, and the last administrator stays one.
        """
        if actor == login:
            raise NotAllowed("nobody changes his own role; ask another administrator")
        self._change(
            actor,
            login,
            "account.role",
            lambda account: replace(account, role=role),
            ends_administrator=role is not Role.SYSTEM_ADMIN,
        )

    def any(self) -> bool:
        return self.store.read(lambda uow: uow.people.count()) > 0

    def _new(self, login: str, name: str, role: Role, password: str) -> Account:
        login, name = login.strip(), name.strip()
        if not (2 <= len(login) <= 64) or not all(c.isalnum() or c in "._-@" for c in login):
            raise InvalidInput("login", "2 to 64 letters, digits, or . _ - @")
        if not name:
            raise InvalidInput("name", "must not be empty")
        self.passwords.check(login, password)
        return Account(
            login=login,
            name=name,
            role=role,
            password_hash=self.passwords.hash(password),
            password_changed_at=self.around.clock(),
        )

    def _account(self, login: str) -> Account | None:
        return self.store.read(lambda uow: uow.people.account(login))

    def _change(
        self,
        actor: str,
        login: str,
        action: str,
        change: Callable[[Account], Account],
        *,
        ends_administrator: bool = False,
    ) -> None:
        def apply(uow: UnitOfWork) -> None:
            account = uow.people.account(login)
            if account is None:
                raise InvalidInput("login", f"no account {login!r}")
            if ends_administrator and [each.login for each in uow.people.with_role(Role.SYSTEM_ADMIN)] == [
                login
            ]:
                raise NotAllowed(f"{login} is the last administrator; make another one first")
            uow.people.save(change(account))
            uow.people.end_sessions_of(login)
            uow.audit.append(self.around.clock(), actor, action, login, {})

        self.store.write(apply)
