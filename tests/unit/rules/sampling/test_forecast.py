"""The forecast: what a policy would do, with ranges, caps and shortfalls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plugin.domain.sampling import Caps, Minimum, SamplingPolicy, SamplingRule
from plugin.rules.sampling.forecast import PastEvent, forecast

START = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)


def policy(p: float, minimums: tuple[Minimum, ...] = (), caps: Caps | None = None) -> SamplingPolicy:
    return SamplingPolicy(
        version=0,
        rules=(SamplingRule(name="r", p=p),),
        key=b"f",
        key_digest="",
        live_from=START,
        author="",
        minimums=minimums,
        caps=caps or Caps(),
    )


def events(signer: str, number: int, days: float = 31, **facts: str) -> list[PastEvent]:
    step = timedelta(days=days) / number
    return [
        PastEvent(
            study=f"{signer}{n}",
            action="verify",
            signer=signer,
            at=START + step * n,
            facts={"modality": "CT", **facts},
        )
        for n in range(number)
    ]


def test_mean_and_range_are_those_of_the_probability() -> None:
    found = forecast(policy(0.1), events("D1", 1000) + events("D2", 100, days=31))
    one = next(load for load in found.signers if load.name == "D1")
    assert one.signed == 1000
    assert 93 < one.popups < 107
    assert 75 < one.popups_low < one.popups < one.popups_high < 125
    assert 85 < one.a_month(found.days) < 115
    assert found.modalities[0].signed == 1100


def test_caps_turn_popups_into_owed_forms() -> None:
    burst = events("D1", 60, days=1 / 24)
    load = forecast(policy(1.0, caps=Caps(per_hour=4)), burst).signers[0]
    assert (load.popups, load.owed) == (4.0, 56.0)


def test_who_would_fall_short() -> None:
    """Ten examinations cannot give twelve scored ones; six hundred can."""
    start = datetime(2026, 5, 1, tzinfo=UTC)
    few = events("D1", 10)
    many = events("D2", 600)
    whole = [*few, *many, PastEvent(study="x", action="verify", signer="D3", at=start, facts={})]
    found = forecast(policy(0.01, minimums=(Minimum(name="每月", count=12),)), whole, trials=10)
    short = {signer: share for signer, _, share in found.short}
    assert short["D1"] == 1.0
    assert short.get("D2", 0.0) <= 0.1


def test_nothing_signed_nothing_expected() -> None:
    assert forecast(policy(0.5), []).signers == ()
