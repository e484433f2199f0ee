"""What a password must be, and whether one is right.

Nothing here belongs into a transaction: argon2 takes long on purpose, and the store has one writer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from plugin.domain.errors import InvalidInput
from plugin.domain.people import Account

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

_LONGEST = 256


@dataclass(kw_only=True)
class Passwords:
    """The site's demands on passwords.

    Parameters
    ----------
    remembered
        So many of the last passwords, the present one among them, are not taken again.
    max_age
        An older password must be changed before anything else; zero never.
    words
        The site's own words that a guess begins with: the hospital's name, its initials.
    """

    min_length: int = 10
    remembered: int = 5
    max_age: timedelta = timedelta(days=180)
    words: tuple[str, ...] = ()
    hasher: PasswordHasher = field(default_factory=PasswordHasher)

    def hash(self, password: str) -> str:
        return self.hasher.hash(password)

    def check(self, login: str, password: str) -> None:
        """Refuse what is guessed first.

        Raises
        ------
        InvalidInput
            Saying what is wrong with it.
        """
        low = password.casefold()
        words = [*_COMMON, *(word.casefold() for word in self.words if word)]
        if len(password) < self.min_length:
            raise InvalidInput("password", f"needs at least {self.min_length} characters")
        if len(password) > _LONGEST:
            raise InvalidInput("password", f"has at most {_LONGEST} characters")
        if len(set(password)) < 5 or login.casefold() in low or any(word in low for word in words):
            raise InvalidInput("password", "is too easy to guess: avoid the login and common words")

    def check_history(self, account: Account, password: str) -> None:
        """Refuse one of the account's last; each of them costs as much time as a sign-in.

        Raises
        ------
        InvalidInput
            When it is one of them.
        """
        former = (account.password_hash, *account.former_passwords)[: self.remembered]
        if any(self._matches(hashed, password) for hashed in former):
            raise InvalidInput("password", f"is one of your last {self.remembered}; take a new one")

    def fits(self, account: Account | None, password: str) -> bool:
        """Whether it is the account's; where there is no account it takes as long to say no."""
        return self._matches(account.password_hash if account else self._decoy, password)

    def outworn(self, account: Account, now: datetime) -> bool:
        changed = account.password_changed_at
        return bool(self.max_age) and changed is not None and now - changed > self.max_age

    @cached_property
    def _decoy(self) -> str:
        return self.hasher.hash("the password of nobody")

    def _matches(self, hashed: str, password: str) -> bool:
        try:
            return self.hasher.verify(hashed, password[:_LONGEST])
        except (VerificationError, InvalidHashError):
            return False
