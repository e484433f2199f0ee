"""Recognised results that were offered instead of a repeat."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.honour import HonourTally, PriorOffer


class OfferRepository(Protocol):
    """Recognised results that were offered instead of a repeat, and the answers."""

    def add(self, offer: PriorOffer) -> None: ...

    def get(self, offer_id: str) -> PriorOffer | None: ...

    def of_request(self, patient_id: str, assigning_authority: str, asked_for: str) -> Sequence[PriorOffer]:
        """Offers already made for this order of this patient, newest examination first."""
        ...

    def settle(self, offer: PriorOffer) -> None:
        """Keep the answer.

        Raises
        ------
        GateConflict
            When the offer is not there or has been answered.
        """
        ...

    def recent(self, limit: int = 100) -> Sequence[PriorOffer]:
        """Newest first."""
        ...

    def accepted(self, since: datetime, until: datetime) -> Sequence[PriorOffer]:
        """Those offered in this time that were accepted, oldest first."""
        ...

    def tally(self, since: datetime, until: datetime) -> HonourTally:
        """Counts of what was offered in this time."""
        ...
