"""Who is drawn: a keyed hash that gives the same study the same answer for ever.

``u`` is the first 53 bits of HMAC-SHA256(key of the policy version, study ‖ action ‖ rule)
read as a fraction, so it is uniform on [0, 1), cannot be foreseen without the key, and is
recomputed by anybody who has it.  The first rule whose conditions all hold decides
(T/CSBME 7.2.1.1: 抽样规则及概率).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from plugin.domain.gate import Draw, TopUp
from plugin.domain.sampling import Caps, Minimum, Period, SamplingPolicy, Scorer, Tally
from plugin.rules.sampling.conditions import holds


def draw(policy: SamplingPolicy, study: str, action: str, facts: Mapping[str, str]) -> Draw | None:
    """The first phase: the rule's own probability.

    Parameters
    ----------
    study
        Accession number.
    facts
        Condition name to this event's value; see :mod:`plugin.rules.sampling.conditions`.

    Returns
    -------
    Draw or None
        ``None`` when no rule of the policy speaks of this event.
    """
    for rule in policy.rules:
        if holds(rule.conditions, facts):
            return Draw(
                p=rule.p,
                u=fraction(policy.key, study, action, rule.name),
                rule=rule.name,
                policy_version=policy.version,
                forms=rule.forms,
                another_scores=rule.scorer is Scorer.ANOTHER,
                facts=dict(facts),
            )
    return None


def top_up(
    policy: SamplingPolicy,
    first: Draw,
    study: str,
    action: str,
    standing: Mapping[str, tuple[Tally, Tally]],
    now: datetime,
) -> Draw:
    """The second phase, towards the minimum that is furthest behind.

    Parameters
    ----------
    standing
        Minimum's name to this signer's tallies of the running and of the last period, this
        examination not counted.
    now
        In the hospital's time zone.

    Returns
    -------
    Draw
        `first` with the second phase added, or as it was when no minimum needs one.
    """
    second = TopUp(name="", p=0.0, u=1.0)
    for minimum in policy.minimums:
        if minimum.name in standing and holds(minimum.conditions, first.facts):
            p = top_up_probability(minimum, *standing[minimum.name], now)
            if p > second.p:
                u = fraction(policy.key, study, action, f"minimum\x1f{minimum.name}")
                second = TopUp(name=minimum.name, p=p, u=u)
    return replace(first, top_up=second) if second.p > 0 else first


def top_up_probability(minimum: Minimum, running: Tally, last: Tally, now: datetime) -> float:
    """What is missing, over what is still expected to come, this examination included.

    The forecast is the signer's rate so far in the running period, or of the last period
    while the running one is young.
    """
    missing = minimum.count - running.drawn
    if missing <= 0:
        return 0.0
    start, end = period_bounds(minimum.period, now)
    passed = (now - start) / (end - start)
    seen_rate = running.seen / passed if passed > 0.25 else float(max(last.seen, running.seen))
    expected = max(1.0, seen_rate * (1.0 - passed))
    return min(1.0, missing / expected)


def period_bounds(period: Period, now: datetime) -> tuple[datetime, datetime]:
    """First moment of the running period and of the next, in the time zone of `now`."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    months = 1
    if period is Period.QUARTER:
        start = start.replace(month=start.month - (start.month - 1) % 3)
        months = 3
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    return start, start.replace(year=year, month=month + 1)


def period_name(period: Period, now: datetime) -> str:
    """``2026-06`` or ``2026-Q2``."""
    return f"{now:%Y-%m}" if period is Period.MONTH else f"{now.year}-Q{(now.month - 1) // 3 + 1}"


def capped(caps: Caps, popups: Sequence[datetime], now: datetime) -> str:
    """Which cap suppresses a popup now, empty for none.

    Parameters
    ----------
    popups
        Times of this signer's popups since yesterday, any order.
    now
        In the hospital's time zone: shifts begin by its clock.
    """
    if caps.gap_minutes and any(now - at < timedelta(minutes=caps.gap_minutes) for at in popups):
        return "gap"
    if caps.per_hour and sum(now - at < timedelta(hours=1) for at in popups) >= caps.per_hour:
        return "per_hour"
    if caps.per_shift and sum(at >= shift_start(caps, now) for at in popups) >= caps.per_shift:
        return "per_shift"
    return ""


def shift_start(caps: Caps, now: datetime) -> datetime:
    """When the running shift began."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    while hour.hour not in caps.shifts:
        hour -= timedelta(hours=1)
    return hour


def fraction(key: bytes, study: str, action: str, rule: str) -> float:
    """The draw's number on [0, 1), to 53 bits."""
    content = "\x1f".join((study, action, rule)).encode()
    digest = hmac.new(key, content, hashlib.sha256).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / (1 << 53)


def key_digest(key: bytes) -> str:
    """SHA-256 (hex) of a policy's key: published when it goes live, so that it cannot be changed unseen."""
    return hashlib.sha256(key).hexdigest()
