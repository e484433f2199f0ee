"""Critical alerts and their trails."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plugin.domain.critical import Alert, AlertStep


class AlertRepository(Protocol):
    """Critical alerts and their append-only trails."""

    def find(self, accession_number: str) -> Sequence[Alert]:
        """All alerts of an examination."""
        ...

    def get(self, alert_id: str) -> Alert | None: ...

    def add(self, alert: Alert, step: AlertStep) -> None: ...

    def move(self, alert: Alert, step: AlertStep) -> None:
        """Store the alert's new state and append the step.

        Raises
        ------
        GateConflict
            When the stored state has changed since `alert` was read.
        """
        ...

    def trail(self, alert_id: str) -> Sequence[AlertStep]: ...
