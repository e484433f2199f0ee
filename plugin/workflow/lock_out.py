"""Who guesses is locked out: one address of one account soon, the account itself late.

Five wrong passwords from one address lock that address out of that account for a quarter
of an hour; twenty from anywhere lock the account, so that one machine cannot lock a doctor
out but many cannot guess for ever.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from plugin.domain.people import Account

_MOST_PAIRS = 10_000


@dataclass(kw_only=True)
class LockOut:
    """Counts wrong tries; those of an address in memory, those of an account with the account."""

    time: timedelta = timedelta(minutes=15)
    tries_per_address: int = 5
    tries_in_all: int = 20
    _wrong: dict[tuple[str, str], list[datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def holds(self, login: str, address: str, now: datetime) -> bool:
        """Whether this address is locked out of this account."""
        with self._lock:
            tries = [at for at in self._wrong.get((login, address), []) if now - at < self.time]
            return len(tries) >= self.tries_per_address

    def note(self, login: str, address: str, now: datetime) -> None:
        """One wrong try more."""
        with self._lock:
            if len(self._wrong) > _MOST_PAIRS:
                self._wrong.clear()  # a flood of invented logins may not fill the memory
            tries = self._wrong.setdefault((login, address), [])
            tries[:] = [at for at in tries if now - at < self.time]
            if len(tries) < self.tries_per_address:
                tries.append(now)

    def forget(self, login: str, address: str) -> None:
        """The right password was given."""
        with self._lock:
            self._wrong.pop((login, address), None)

    def counted(self, account: Account, now: datetime) -> Account:
        """The account after one more failure."""
        failures = account.failures + 1
        full = failures >= self.tries_in_all
        until = now + self.time if full else account.locked_until
        return replace(account, failures=0 if full else failures, locked_until=until)
