"""Decisions at signing, and what opens the popup."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.gate import Gate, GateState, SignAction


class GateRepository(Protocol):
    """Decisions at signing, tickets of the popup, form tokens."""

    def by_event(self, caller: str, event_id: str) -> Gate | None:
        """The decision on an event; its ID is unique among those of one caller."""
        ...

    def get(self, gate_id: str) -> Gate | None: ...

    def for_study(self, accession_number: str, action: SignAction) -> Sequence[Gate]:
        """Decisions taken for this study and action, newest first."""
        ...

    def popups_of(self, signer_id: str, since: datetime) -> Sequence[datetime]:
        """When this signer's reports were held, for the caps."""
        ...

    def drawn_by(self, policy_version: int) -> Iterator[Gate]:
        """Every decision with a draw of this policy version, oldest first, read as it is walked."""
        ...

    def newest_drawn(self, policy_version: int, since: datetime, limit: int) -> Sequence[Gate]:
        """The last `limit` of them that were taken since then, newest first."""
        ...

    def for_another(self, limit: int) -> Sequence[Gate]:
        """Owed forms that their signer is not to fill and nobody else has been given, oldest first."""
        ...

    def no_more_owed(self, gate_id: str) -> None:
        """Somebody else has the form now."""
        ...

    def waiting_by_signer(self) -> Mapping[str, int]:
        """How many forms are held or owed, by the person who is to fill them."""
        ...

    def add(self, gate: Gate) -> None: ...

    def move(self, gate_id: str, before: GateState | None, after: GateState, *, owed: bool) -> None:
        """Change the state when it still is `before`.

        Raises
        ------
        GateConflict
            When it is not.
        """
        ...

    def add_ticket(self, digest: str, gate_id: str, user_id: str, expires_at: datetime) -> None:
        """A single-use ticket, known by the SHA-256 of its secret."""
        ...

    def redeem_ticket(self, digest: str, now: datetime) -> tuple[str, str] | None:
        """Use a ticket up: (gate_id, user_id), or ``None`` when unknown, used or expired.  One of any number of racers wins."""
        ...

    def add_form_token(
        self, digest: str, gate_id: str, user_id: str, expires_at: datetime, *, amends: str = ""
    ) -> None:
        """`amends` is the SOP Instance UID of the sheets that this form takes back."""
        ...

    def token_expires(self, digest: str) -> datetime | None:
        """Until when a form token is good, or was; ``None`` for one that never was."""
        ...

    def amended_by_token(self, digest: str) -> str:
        """What `amends` was; empty for a first filling."""
        ...

    def add_later(self, gate_id: str, user_id: str, at: datetime) -> None:
        """The person has put this popup off."""
        ...

    def laters_of(self, user_id: str, since: datetime) -> int:
        """How many popups the person has put off since then."""
        ...

    def form_token(self, digest: str, now: datetime) -> tuple[str, str] | None:
        """(gate_id, user_id) of a valid form token."""
        ...
