"""Versions of the sampling policy, their drafts, and the switches."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from plugin.domain.people import Switches
from plugin.domain.sampling import ProposedPolicy, SamplingPolicy, Tally


class PolicyRepository(Protocol):
    """Versions of the sampling policy and the switches."""

    def live(self, now: datetime) -> SamplingPolicy | None: ...

    def get(self, version: int) -> SamplingPolicy | None: ...

    def add(self, policy: SamplingPolicy) -> None: ...

    def versions(self) -> Sequence[SamplingPolicy]:
        """All versions, newest first."""
        ...

    def tally(self, signer_id: str, minimum: str, period: str) -> Tally:
        """How far the signer has come with a minimum; zero when nothing was seen."""
        ...

    def count(self, signer_id: str, minimum: str, period: str, *, drawn: bool) -> None:
        """One more examination that the minimum counts."""
        ...

    def switches(self, department: str = "") -> Switches:
        """What holds for a department, the whole house's switches taken into account."""
        ...

    def own_switches(self, department: str) -> Switches:
        """What is set for a department itself (empty: for the house), whatever the house's switches say."""
        ...

    def set_switches(self, switches: Switches, department: str = "") -> None: ...


class DraftRepository(Protocol):
    """Policies that wait for another person's approval."""

    def save(self, draft: ProposedPolicy) -> None: ...

    def get(self, draft_id: str) -> ProposedPolicy | None: ...

    def waiting(self) -> Sequence[ProposedPolicy]:
        """Those that nobody has decided on, newest first."""
        ...
