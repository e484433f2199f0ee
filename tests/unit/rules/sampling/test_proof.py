"""An auditor recomputes every draw, and a single changed number is found."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from plugin.domain.gate import Decision, Draw, Gate, SignAction, Signer
from plugin.domain.sampling import Minimum, SamplingPolicy, SamplingRule, Tally
from plugin.rules.sampling import draws
from plugin.rules.sampling.proof import estimate, prove

KEY = b"s" * 32
AT = datetime(2026, 6, 1, tzinfo=UTC)
POLICY = SamplingPolicy(
    version=3,
    rules=(
        SamplingRule(name="ct", p=0.4, conditions={"modality": ("CT",)}),
        SamplingRule(name="rest", p=0.1),
    ),
    key=KEY,
    key_digest=draws.key_digest(KEY),
    live_from=AT,
    author="test",
    minimums=(Minimum(name="每月", count=3),),
)


def gate(number: int) -> Gate:
    study, facts = f"A{number}", {"modality": "CT" if number % 3 else "MR"}
    draw = draws.draw(POLICY, study, "verify", facts)
    assert draw is not None
    draw = draws.top_up(POLICY, draw, study, "verify", {"每月": (Tally(), Tally(seen=60))}, AT)
    return Gate(
        gate_id=f"G{number}",
        event_id=f"E{number}",
        accession_number=study,
        action=SignAction.VERIFY,
        signer=Signer(id="D1"),
        decision=Decision.HOLD if draw.drawn else Decision.RELEASE,
        reason="",
        draw=draw,
        text_digest="",
        decided_at=AT,
    )


GATES = [gate(number) for number in range(3000)]


def test_honest_draws_are_proved() -> None:
    proof = prove(POLICY, GATES)
    assert proof.checked == 3000
    assert proof.discrepancies == ()
    assert abs(proof.deviations) < 4.5


def test_deviations_are_those_of_independent_draws() -> None:
    often = replace(
        POLICY,
        rules=(
            SamplingRule(name="ct", p=0.8, conditions={"modality": ("CT",)}),
            SamplingRule(name="all", p=1.0),
        ),
        minimums=(),
    )

    def drawn_by(number: int) -> Gate:
        modality = "CT" if number % 3 else "MR"
        return replace(gate(number), draw=draws.draw(often, f"A{number}", "verify", {"modality": modality}))

    proof = prove(often, [drawn_by(number) for number in range(90)])
    assert proof.expected == pytest.approx(60 * 0.8 + 30)
    # 60 draws of 0.8 spread by the root of 60 * 0.8 * 0.2; those of 1 do not spread.
    assert proof.deviations == pytest.approx((proof.drawn - 78) / (60 * 0.8 * 0.2) ** 0.5)
    certain = prove(often, [drawn_by(number) for number in range(0, 90, 3)])
    assert (certain.drawn, certain.deviations) == (30, 0.0)


def tampered(**changes: object) -> list[Gate]:
    draw = GATES[7].draw
    assert isinstance(draw, Draw)
    return [*GATES[:7], replace(GATES[7], draw=replace(draw, **changes)), *GATES[8:]]  # type: ignore[arg-type]


@pytest.mark.parametrize(("changes", "what"), [
    ({"u": 0.0}, "u is not what the key gives"),
    ({"p": 0.9}, "another rule"),
    ({"rule": "rest", "p": 0.1}, "another rule"),
    ({"facts": {"modality": "MR"}}, "another rule"),
])  # fmt: skip
def test_a_changed_draw_is_found(changes: dict[str, object], what: str) -> None:
    found = prove(POLICY, tampered(**changes)).discrepancies
    assert [each.gate_id for each in found] == ["G7"]
    assert what in found[0].what


def test_another_key_than_the_committed_one_is_found() -> None:
    found = prove(replace(POLICY, key=b"t" * 32), GATES[:1]).discrepancies
    assert "committed" in found[0].what


def test_estimates_are_weighted_by_the_inverse_probability() -> None:
    """Poor reports are oversampled tenfold; the weighted share is right, the plain one is not."""
    chance = random.Random(1)
    outcomes = []
    for n in range(60000):
        good = n % 5 != 0
        p = 0.02 if good else 0.2
        if chance.random() < p:
            outcomes.append((good, p))
    found = estimate(outcomes)
    assert found is not None
    assert found.low < 0.8 < found.high
    plain = sum(good for good, _ in outcomes) / len(outcomes)
    assert plain < 0.4


def test_no_scores_no_estimate() -> None:
    assert estimate([]) is None
