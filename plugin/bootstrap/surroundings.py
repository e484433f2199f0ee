"""Time, identifiers and chance, as the running system has them."""

from __future__ import annotations

import random
import secrets
import uuid
from datetime import UTC, datetime

from plugin.site.settings import Site
from plugin.workflow.ports.surroundings import Clock, Surroundings


class RandomMinter:
    """Identifiers that nobody can foresee (ADR 3)."""

    def id(self) -> str:
        return uuid.uuid4().hex

    def uid(self) -> str:
        return f"2.25.{uuid.uuid4().int}"

    def secret(self) -> str:
        return secrets.token_urlsafe(32)


def utc_now() -> datetime:
    return datetime.now(UTC)


def surroundings(site: Site, clock: Clock = utc_now) -> Surroundings:
    return Surroundings(clock=clock, mint=RandomMinter(), zone=site.zone)


def jitter() -> float:
    """Uniform in [0, 1): spreads retries, decides nothing."""
    return random.random()  # noqa: S311  # no secret depends on it
