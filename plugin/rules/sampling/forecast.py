"""What a policy would do before it goes live: the last weeks' real sign events, drawn again.

Each trial draws every event under a key of its own, with caps and minimums as they would
act, so the ranges are those of chance.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.domain.gate import Draw
from plugin.domain.sampling import SamplingPolicy, Tally
from plugin.rules.sampling import draws
from plugin.rules.sampling.conditions import holds

TRIALS = 40
DAYS_A_MONTH = 30.44


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEvent:
    """One sign event of the archive; `at` is in the hospital's time zone."""

    study: str
    action: str
    signer: str
    at: datetime
    facts: dict[str, str]
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What comes to one signer, or one modality, over the span that was looked at.

    Parameters
    ----------
    popups_low, popups, popups_high
        5th percentile, mean and 95th percentile of the popups in the span.
    owed
        Mean number of draws that a cap or an emergency would turn into owed forms.
    """

    name: str
    signed: int
    popups_low: int
    popups: float
    popups_high: int
    owed: float

    def a_day(self, days: float) -> float:
        return self.popups / days

    def a_month(self, days: float) -> float:
        return self.popups / days * DAYS_A_MONTH


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The whole answer.

    Parameters
    ----------
    short
        (signer, minimum, share of trials in which it was missed in a period seen whole).
    """

    days: float
    signers: tuple[Load, ...]
    modalities: tuple[Load, ...]
    short: tuple[tuple[str, str, float], ...]


def forecast(policy: SamplingPolicy, events: Sequence[PastEvent], trials: int = TRIALS) -> Forecast:
    """Draw `events` again and again under `policy`; the same input gives the same forecast."""
    events = sorted(events, key=lambda event: event.at)
    days = max((events[-1].at - events[0].at) / timedelta(days=1), 1.0) if events else 1.0
    popups: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * trials)
    owed: dict[tuple[str, str], int] = defaultdict(int)
    missed: dict[tuple[str, str], int] = defaultdict(int)
    whole = _whole_periods(policy, events)
    for trial in range(trials):
        key = hashlib.sha256(policy.key + trial.to_bytes(4, "big")).digest()
        run = _Trial(replace(policy, key=key))
        for event in events:
            outcome = run.decide(event)
            for kind, name in (("signer", event.signer), ("modality", event.facts.get("modality", ""))):
                popups[kind, name][trial] += outcome == "popup"
                owed[kind, name] += outcome == "owed"
        for signer, minimum, period in whole:
            count = next(each.count for each in policy.minimums if each.name == minimum)
            missed[signer, minimum] += run.tallies[signer, minimum, period].drawn < count
    signed: dict[tuple[str, str], int] = defaultdict(int)
    for event in events:
        signed["signer", event.signer] += 1
        signed["modality", event.facts.get("modality", "")] += 1
    periods: dict[tuple[str, str], int] = defaultdict(int)
    for signer, minimum, _ in whole:
        periods[signer, minimum] += 1

    def loads(kind: str) -> tuple[Load, ...]:
        return tuple(
            _load(name, signed[kind, name], popups[kind, name], owed[kind, name] / trials)
            for each, name in sorted(signed)
            if each == kind
        )

    return Forecast(
        days=days,
        signers=loads("signer"),
        modalities=loads("modality"),
        short=tuple(
            (signer, minimum, count / trials / periods[signer, minimum])
            for (signer, minimum), count in sorted(missed.items())
            if count
        ),
    )


class _Trial:
    """One run through the span."""

    def __init__(self, policy: SamplingPolicy) -> None:
        self.policy = policy
        self.tallies: dict[tuple[str, str, str], Tally] = defaultdict(Tally)
        self._popups: dict[str, list[datetime]] = defaultdict(list)

    def decide(self, event: PastEvent) -> str:
        """``popup``, ``owed`` or ``release``."""
        draw = draws.draw(self.policy, event.study, event.action, event.facts)
        if draw is None:
            return "release"
        draw = self._with_minimums(draw, event)
        if not draw.drawn:
            return "release"
        recent = self._popups[event.signer]
        if event.emergency or draws.capped(self.policy.caps, recent[-64:], event.at):
            return "owed"
        recent.append(event.at)
        return "popup"

    def _with_minimums(self, draw: Draw, event: PastEvent) -> Draw:
        standing = {}
        for each in self.policy.minimums:
            if holds(each.conditions, event.facts):
                before = draws.period_bounds(each.period, event.at)[0] - timedelta(days=1)
                standing[each.name] = (
                    self.tallies[event.signer, each.name, draws.period_name(each.period, event.at)],
                    self.tallies[event.signer, each.name, draws.period_name(each.period, before)],
                )
        if standing:
            draw = draws.top_up(self.policy, draw, event.study, event.action, standing, event.at)
        for name, (tally, _) in standing.items():
            minimum = next(each for each in self.policy.minimums if each.name == name)
            key = event.signer, name, draws.period_name(minimum.period, event.at)
            self.tallies[key] = Tally(seen=tally.seen + 1, drawn=tally.drawn + draw.drawn)
        return draw


def _whole_periods(policy: SamplingPolicy, events: Sequence[PastEvent]) -> list[tuple[str, str, str]]:
    """(signer, minimum, period) of the periods that the span covers from their first to their last day."""
    if not events:
        return []
    first, last = events[0].at, events[-1].at
    found = set()
    for event in events:
        for each in policy.minimums:
            start, end = draws.period_bounds(each.period, event.at)
            slack = timedelta(days=2)
            if start + slack >= first and end - slack <= last and holds(each.conditions, event.facts):
                found.add((event.signer, each.name, draws.period_name(each.period, event.at)))
    return sorted(found)


def _load(name: str, signed: int, popups: Iterable[int], owed: float) -> Load:
    ordered = sorted(popups)
    return Load(
        name=name,
        signed=signed,
        popups_low=ordered[int(0.05 * (len(ordered) - 1))],
        popups=sum(ordered) / len(ordered),
        popups_high=ordered[round(0.95 * (len(ordered) - 1))],
        owed=owed,
    )
