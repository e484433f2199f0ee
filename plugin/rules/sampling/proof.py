"""Anybody with a policy's revealed key recomputes every draw; estimates weighted by 1/p."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plugin.domain.gate import Gate
from plugin.domain.sampling import SamplingPolicy
from plugin.rules.sampling.draws import draw, fraction, key_digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """A stored decision that is not what the policy's key gives."""

    gate_id: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What a recomputation found.

    Parameters
    ----------
    checked, drawn
        Decisions with a draw of this policy, and how many of them were drawn.
    expected
        Sum of the inclusion probabilities: how many should have been, on average.
    variance
        Sum of p(1-p): draws are independent, and what is certain does not spread.
    """

    checked: int
    drawn: int
    expected: float
    variance: float
    discrepancies: tuple[Discrepancy, ...]

    @property
    def deviations(self) -> float:
        """Drawn against expected in standard deviations; 0 where every draw was certain."""
        return (self.drawn - self.expected) / math.sqrt(self.variance) if self.variance else 0.0


def prove(policy: SamplingPolicy, gates: Iterable[Gate]) -> Proof:
    """Recompute every draw that `policy` is said to have made."""
    wrong: list[Discrepancy] = []
    if key_digest(policy.key) != policy.key_digest:
        wrong.append(Discrepancy(gate_id="", what="the key is not the one that was committed to"))
    checked = drawn = 0
    expected = variance = 0.0
    for gate in gates:
        stored = gate.draw
        if stored is None or stored.policy_version != policy.version:
            continue
        checked += 1
        drawn += stored.drawn
        expected += stored.inclusion
        variance += stored.inclusion * (1 - stored.inclusion)
        again = draw(policy, gate.accession_number, gate.action.value, stored.facts)
        if again is None or (again.rule, again.p) != (stored.rule, stored.p):
            wrong.append(Discrepancy(gate_id=gate.gate_id, what="another rule of the policy applies"))
        elif again.u != stored.u:
            wrong.append(Discrepancy(gate_id=gate.gate_id, what="u is not what the key gives"))
        if stored.top_up is not None and stored.top_up.u != fraction(
            policy.key, gate.accession_number, gate.action.value, f"minimum\x1f{stored.top_up.name}"
        ):
            wrong.append(
                Discrepancy(gate_id=gate.gate_id, what="u of the second draw is not what the key gives")
            )
    return Proof(
        checked=checked, drawn=drawn, expected=expected, variance=variance, discrepancies=tuple(wrong)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A share of all examinations, estimated from the scored ones (Hájek), with its 95 % interval."""

    value: float
    low: float
    high: float
    scored: int


def estimate(outcomes: Sequence[tuple[bool, float]]) -> Estimate | None:
    """Share of examinations for which the outcome holds.

    Parameters
    ----------
    outcomes
        (outcome, inclusion probability) of each scored examination; the probabilities may differ.

    Returns
    -------
    Estimate or None
        ``None`` when nothing was scored.
    """
    weighted = [(outcome, 1.0 / p) for outcome, p in outcomes if p > 0]
    if not weighted:
        return None
    total = sum(weight for _, weight in weighted)
    value = sum(weight for outcome, weight in weighted if outcome) / total
    # Kish's effective number of cases: unequal weights tell less.  Wilson's interval on it.
    n = total**2 / sum(weight**2 for _, weight in weighted)
    z = 1.959964
    middle = (value + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(value * (1 - value) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Estimate(
        value=value, low=max(0.0, middle - half), high=min(1.0, middle + half), scored=len(weighted)
    )
