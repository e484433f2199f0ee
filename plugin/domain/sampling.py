"""A sampling policy: ordered rules with probabilities, minimums to be reached, and caps to be kept.

What a cap suppresses is owed, not dropped, and a top-up that reaches a minimum is a second
draw with a probability of its own that was known before it: so every examination has a
known probability of being scored, and an estimate weighted by its inverse stays unbiased.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Scorer(StrEnum):
    """Who fills the forms of a drawn examination."""

    SIGNER = "signer"
    ANOTHER = "another"
    """Somebody of the staff table who has the right and had no hand in the work; nothing is held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingRule:
    """The first rule whose conditions all hold decides.

    Parameters
    ----------
    conditions
        Name of a condition (``action``, ``modality``, ``patient_class`` …) to the values it
        accepts; an empty mapping always holds.
    p
        Probability of being drawn, 0 to 1.
    forms
        Form IDs to fill; empty lets the action's default forms apply (decisions 1).
    """

    name: str
    p: float
    conditions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    forms: tuple[str, ...] = ()
    scorer: Scorer = Scorer.SIGNER


class Period(StrEnum):
    """Over which a minimum is counted."""

    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, kw_only=True)
class Minimum:
    """At least `count` of each signer's examinations that meet the conditions, a period.

    Seed 000 B.1 wants 10 cases with a known outcome in three months over five systems,
    seed 002 one a month for each resident.
    """

    name: str
    count: int
    period: Period = Period.MONTH
    conditions: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """What a signer is spared; 0 is no limit.

    Parameters
    ----------
    per_hour, per_shift
        Popups in the last hour, and since the shift began.
    gap_minutes
        None sooner than this after the last.
    shifts
        Hours (0 to 23, the hospital's time) at which shifts begin.
    """

    per_hour: int = 0
    per_shift: int = 0
    gap_minutes: int = 0
    shifts: tuple[int, ...] = (8, 16, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingPolicy:
    """One version of the department's policy; never changed, only followed by the next.

    Parameters
    ----------
    key
        Secret of the draw (32 bytes), shown only when the version has ended; `key_digest`,
        its SHA-256, is published when the version goes live.
    approved_by
        Who else has agreed, where the site demands two people.
    """

    version: int
    rules: tuple[SamplingRule, ...]
    key: bytes
    key_digest: str
    live_from: datetime
    author: str
    comment: str = ""
    minimums: tuple[Minimum, ...] = ()
    caps: Caps = field(default_factory=Caps)
    approved_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How far a signer has come with a minimum in a period: examinations seen, and drawn."""

    seen: int = 0
    drawn: int = 0


class DraftState(StrEnum):
    """What has become of a proposed policy."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPolicy:
    """A policy that waits for the second person, where the site demands two.

    Parameters
    ----------
    based_on
        The newest version its author saw; ``None``: not known.
    """

    draft_id: str
    rules: tuple[SamplingRule, ...]
    minimums: tuple[Minimum, ...]
    caps: Caps
    author: str
    comment: str
    proposed_at: datetime
    live_from: datetime | None = None
    state: DraftState = DraftState.PROPOSED
    decided_by: str = ""
    based_on: int | None = None
