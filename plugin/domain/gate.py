"""The stop at signing (签发拦截): a sign event, the draw, the decision, and the gate's states."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from plugin.domain.errors import GateConflict
from plugin.domain.report import Report


class SignAction(StrEnum):
    """``submit`` by the reporting, ``verify`` by the verifying physician.

    ``review`` is none of the RIS's: an owed form that was asked for beside the draw.
    """

    SUBMIT = "submit"
    VERIFY = "verify"
    REVIEW = "review"


SIGNING = (SignAction.SUBMIT, SignAction.VERIFY)
"""What a RIS may call."""


class Decision(StrEnum):
    """What the RIS is told."""

    RELEASE = "release"
    HOLD = "hold"
    FIX = "fix"


class GateState(StrEnum):
    """States of a gate that was drawn; a report that was not drawn has no gate to open."""

    HELD = "held"
    SCORED = "scored"
    RELEASED = "released"
    EXPIRED = "expired"
    OVERRIDDEN = "overridden"


GATE_TRANSITIONS: dict[GateState, set[GateState]] = {
    GateState.HELD: {GateState.SCORED, GateState.EXPIRED, GateState.OVERRIDDEN},
    GateState.SCORED: {GateState.RELEASED},
    GateState.RELEASED: set(),
    GateState.EXPIRED: {GateState.SCORED},
    GateState.OVERRIDDEN: {GateState.SCORED},
}
"""An expired or overridden gate has let the report go; its form stays owed and may still be scored."""

FOR_ANOTHER = frozenset({"own_work", "no_right", "another_scores"})
"""Reasons for which the signer himself is not to fill the form."""

OPEN_GATE_STATES = frozenset({GateState.HELD})


def check_gate_transition(before: GateState, after: GateState) -> None:
    """Allow the step or say why not.

    Raises
    ------
    GateConflict
        When `after` cannot follow `before`.
    """
    if after not in GATE_TRANSITIONS[before]:
        may = ", ".join(sorted(GATE_TRANSITIONS[before])) or "what it is"
        raise GateConflict(f"gate is {before}; it cannot become {after}, only {may}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """Who pressed 签发.  `role` is resident, attending, senior or technician."""

    id: str
    name: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignEvent:
    """One press of the sign button; `event_id` is unique per click, a retry repeats it.

    `caller` is the RIS that asked, as its signed call named it; it is the one called back.
    `outcome_known`: the RIS knows of an operation or a follow-up of this case (seed 000 B.1).
    """

    event_id: str
    action: SignAction
    accession_number: str
    signer: Signer
    report: Report | None = None
    caller: str = ""
    outcome_known: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """The second draw, towards a minimum: drawn when ``u < p``; `p` was known before it."""

    name: str
    p: float
    u: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """A sampling draw that anybody with the key can recompute.

    Parameters
    ----------
    facts
        What the rules asked about, so that the choice of the rule can be recomputed as well.
    top_up
        The second phase, where one was needed.
    another_scores
        The rule wants another person than the signer to fill the forms.
    """

    p: float
    u: float
    rule: str
    policy_version: int
    forms: tuple[str, ...] = ()
    facts: dict[str, str] = field(default_factory=dict)
    top_up: TopUp | None = None
    another_scores: bool = False

    @property
    def drawn(self) -> bool:
        return self.u < self.p or (self.top_up is not None and self.top_up.u < self.top_up.p)

    @property
    def inclusion(self) -> float:
        """Probability that this examination is drawn in either phase; its inverse is its weight."""
        second = self.top_up.p if self.top_up else 0.0
        return 1.0 - (1.0 - self.p) * (1.0 - second)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A decision that was taken for one study and action, with the state it has reached.

    Parameters
    ----------
    gate_id
        Minted when the decision was taken.
    state
        ``None`` for a decision that never held anything (release or fix).
    owed
        ``True`` when the form is still to be filled although the report may go (decisions 3).
    text_digest
        Of the report's text that was decided on.
    """

    gate_id: str
    event_id: str
    accession_number: str
    action: SignAction
    signer: Signer
    decision: Decision
    reason: str
    draw: Draw | None
    text_digest: str
    decided_at: datetime
    state: GateState | None = None
    forms: tuple[str, ...] = ()
    expires_at: datetime | None = None
    owed: bool = False
    caller: str = ""


def event_beside(gate_id: str) -> str:
    """Event of the gate that owes those forms of a draw which the signer of `gate_id` is not to fill."""
    return f"beside:{gate_id}"
