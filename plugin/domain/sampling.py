"""A sampling policy: ordered rules, each with conditions, a probability, and the forms it asks for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingRule:
    """The first rule whose conditions all hold decides.

    Parameters
    ----------
    conditions
        Name of a registered condition (``action``, ``modality``, ``patient_class`` …) to
        the values it accepts; an empty mapping always holds.
    p
        Probability of being drawn, 0 to 1.
    forms
        Form IDs to fill; empty lets the action's default forms apply (decisions 1).
    """

    name: str
    p: float
    conditions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingPolicy:
    """One version of the department's policy; never changed, only followed by the next.

    Parameters
    ----------
    key
        Secret of the draw (32 bytes); `key_digest`, its SHA-256, is published when the version goes live.
    """

    version: int
    rules: tuple[SamplingRule, ...]
    key: bytes
    key_digest: str
    live_from: datetime
    author: str
    comment: str = ""
