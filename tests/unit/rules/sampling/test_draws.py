"""The draw: uniform, keyed, the same for ever, and fair in every stratum."""

from __future__ import annotations

import itertools
import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.sampling import Caps, Minimum, Period, SamplingPolicy, SamplingRule, Tally
from plugin.rules.sampling import draws

KEY = b"k" * 32
NOW = datetime(2026, 6, 15, 10, 30, tzinfo=UTC)


def policy(*rules: SamplingRule, key: bytes = KEY, **more: object) -> SamplingPolicy:
    return SamplingPolicy(
        version=1,
        rules=rules,
        key=key,
        key_digest=draws.key_digest(key),
        live_from=NOW,
        author="test",
        **more,  # type: ignore[arg-type]
    )


CT = SamplingRule(name="ct", p=0.3, conditions={"modality": ("CT",)})
REST = SamplingRule(name="rest", p=0.05)


def test_the_first_rule_that_holds_decides() -> None:
    both = policy(CT, REST)
    ct = draws.draw(both, "A1", "verify", {"modality": "CT"})
    mr = draws.draw(both, "A1", "verify", {"modality": "MR"})
    assert ct is not None
    assert mr is not None
    assert (ct.rule, ct.p, mr.rule, mr.p) == ("ct", 0.3, "rest", 0.05)
    assert draws.draw(policy(CT), "A1", "verify", {"modality": "MR"}) is None


@given(st.text(max_size=30), st.sampled_from(["submit", "verify"]), st.text(max_size=20))
def test_the_same_study_always_gets_the_same_number(study: str, action: str, rule: str) -> None:
    study, rule = (text.encode("utf-8", "ignore").decode() for text in (study, rule))
    first = draws.fraction(KEY, study, action, rule)
    assert 0.0 <= first < 1.0
    assert first == draws.fraction(KEY, study, action, rule)


def within_binomial(successes: int, trials: int, p: float) -> bool:
    """Within 4.5 standard deviations: one false alarm in 150,000 checks."""
    return abs(successes - trials * p) <= 4.5 * math.sqrt(trials * p * (1 - p)) + 1


def test_observed_rates_lie_within_binomial_bounds_in_each_stratum() -> None:
    rules = policy(CT, REST)
    for modality, p in (("CT", 0.3), ("MR", 0.05)):
        for signer in ("D1", "D2", "D3"):
            drawn = [
                draws.draw(rules, f"{signer}-{n}", "verify", {"modality": modality, "signer": signer})
                for n in range(20000)
            ]
            assert within_binomial(sum(d is not None and d.drawn for d in drawn), 20000, p)


def test_numbers_are_uniform() -> None:
    counts = [0] * 20
    trials = 40000
    for n in range(trials):
        counts[int(draws.fraction(KEY, f"A{n}", "verify", "r") * 20)] += 1
    chi_squared = sum((count - trials / 20) ** 2 / (trials / 20) for count in counts)
    # 19 degrees of freedom, one in a million: 64.
    assert chi_squared < 64


@pytest.mark.parametrize("other", [("submit", "r", KEY), ("verify", "s", KEY), ("verify", "r", b"x" * 32)])
def test_actions_rules_and_policy_versions_draw_independently(other: tuple[str, str, bytes]) -> None:
    action, rule, key = other
    both = sum(
        draws.fraction(KEY, f"A{n}", "verify", "r") < 0.5 and draws.fraction(key, f"A{n}", action, rule) < 0.5
        for n in range(20000)
    )
    assert within_binomial(both, 20000, 0.25)


def test_neighbouring_numbers_do_not_foretell_each_other() -> None:
    trials = 20000
    numbers = [draws.fraction(KEY, f"CT2606{n:06d}", "verify", "r") for n in range(trials)]
    covariance = sum((a - 0.5) * (b - 0.5) for a, b in itertools.pairwise(numbers)) / trials
    assert abs(covariance * 12) < 4.5 / math.sqrt(trials)


@pytest.mark.parametrize(("caps", "minutes_ago", "which"), [
    (Caps(gap_minutes=5), [4], "gap"),
    (Caps(gap_minutes=5), [5], ""),
    (Caps(per_hour=2), [10, 59], "per_hour"),
    (Caps(per_hour=2), [10, 61], ""),
    (Caps(per_shift=2, shifts=(8,)), [10, 149], "per_shift"),
    (Caps(per_shift=2, shifts=(8,)), [10, 151], ""),
    (Caps(), [0, 0, 0, 0], ""),
])  # fmt: skip
def test_caps(caps: Caps, minutes_ago: list[int], which: str) -> None:
    assert draws.capped(caps, [NOW - timedelta(minutes=m) for m in minutes_ago], NOW) == which


def test_the_night_shift_began_yesterday() -> None:
    night = NOW.replace(hour=3)
    assert draws.shift_start(Caps(shifts=(8, 20)), night) == (night - timedelta(days=1)).replace(
        hour=20, minute=0
    )


@pytest.mark.parametrize(
    ("period", "name", "days"), [(Period.MONTH, "2026-06", 30), (Period.QUARTER, "2026-Q2", 91)]
)
def test_periods(period: Period, name: str, days: int) -> None:
    start, end = draws.period_bounds(period, NOW)
    assert draws.period_name(period, NOW) == name
    assert (end - start).days == days


def test_december_ends_in_january() -> None:
    assert draws.period_bounds(Period.QUARTER, NOW.replace(month=12))[1] == datetime(2027, 1, 1, tzinfo=UTC)


def a_month(key: bytes, minimum: Minimum) -> float:
    """40 doctors who sign little and much, p = 2 %; the weighted count of examinations over the true one."""
    rules = policy(SamplingRule(name="全部", p=0.02), key=key, minimums=(minimum,))
    start = datetime(2026, 6, 1, tzinfo=UTC)
    weighted = signed_in_all = 0.0
    for doctor in range(40):
        signed = 25 + 15 * doctor
        tally = Tally()
        for n in range(signed):
            now = start + timedelta(days=30) * (n / signed)
            first = draws.draw(rules, f"{doctor}-{n}", "verify", {})
            assert first is not None
            standing = {minimum.name: (tally, Tally(seen=signed, drawn=5))}
            drawn = draws.top_up(rules, first, f"{doctor}-{n}", "verify", standing, now)
            assert drawn.p <= drawn.inclusion <= 1.0
            tally = Tally(seen=tally.seen + 1, drawn=tally.drawn + drawn.drawn)
            if drawn.drawn:
                weighted += 1 / drawn.inclusion
        signed_in_all += signed
        assert tally.drawn >= minimum.count, f"doctor {doctor} of {signed}"
    return weighted / signed_in_all


def test_minimums_are_reached_and_estimates_stay_unbiased() -> None:
    """Horvitz-Thompson: the weights of the drawn estimate the number of all.

    One month spreads by 6.5 % around the truth; the mean of nine by 2.2 %.
    """
    months = [a_month(bytes([number]) * 32, Minimum(name="每月", count=5)) for number in range(9)]
    assert abs(sum(months) / len(months) - 1) < 0.09


def test_no_second_draw_once_the_minimum_is_reached() -> None:
    minimum = Minimum(name="每月", count=5)
    assert draws.top_up_probability(minimum, Tally(seen=50, drawn=5), Tally(), NOW) == 0.0
