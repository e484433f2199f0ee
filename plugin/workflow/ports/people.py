"""Accounts and server-side sessions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.people import Account, Role, Session


class PeopleRepository(Protocol):
    """Accounts and server-side sessions."""

    def account(self, login: str) -> Account | None: ...

    def save(self, account: Account) -> None: ...

    def with_role(self, role: Role) -> Sequence[Account]:
        """Accounts of a role that are not disabled, by login."""
        ...

    def count(self) -> int: ...

    def add_session(self, session: Session) -> None: ...

    def session(self, token_digest: str) -> Session | None: ...

    def touch_session(self, token_digest: str, at: datetime) -> None: ...

    def end_session(self, token_digest: str) -> None: ...

    def end_sessions_of(self, login: str) -> None: ...
