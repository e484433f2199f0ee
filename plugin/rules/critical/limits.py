"""Bounds on what a report measures: enough to be critical, and larger than in an earlier report."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from plugin.domain.critical import Tier


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Threshold(_Settings):
    """A bound on a measure (:data:`plugin.rules.critical.measures.MEASURES`), in `unit`.

    `tier` is that of a finding that only this threshold makes critical, when it is another
    than the entry's.
    """

    name: str
    measure: str
    unit: str
    at_least: float
    at_most: float = float("inf")
    tier: Tier | None = None
    provenance: str = ""

    def reached(self, value: float) -> bool:
        return self.at_least <= value <= self.at_most


class Larger(_Settings):
    """By how much a finding must exceed an earlier report's to be told again.

    Parameters
    ----------
    by
        In `unit`; less is the scatter of measuring.
    percent
        And of the earlier value; an entry of progress may ask for more.
    """

    measure: str
    unit: str
    by: float = Field(gt=0)
    percent: float = Field(default=0, ge=0)
    provenance: str = ""

    def reached(self, then: float, now: float, percent: float = 0) -> bool:
        more = now - then
        return more >= self.by and 100 * more >= max(self.percent, percent) * then
