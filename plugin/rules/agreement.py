"""Inter-rater agreement of two readers: Cohen's kappa, plain for 合格/不合格, weighted for 5 to 1 points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Cohen's kappa of `pairs` double readings.

    Parameters
    ----------
    observed, expected
        Agreement that was seen, and that chance would give; with weights, weighted.
    kappa
        ``None`` when both readers always said one and the same thing: chance explains all.
    low, high
        95 % interval (Cohen's 1960 standard error), clipped to [-1, 1].
    """

    pairs: int
    observed: float
    expected: float
    kappa: float | None
    low: float | None = None
    high: float | None = None


def cohen_kappa(pairs: Sequence[tuple[int, int]], *, weighted: bool = False) -> Agreement | None:
    """Agreement of (first, second) ratings; `weighted` counts the squared distance of points.

    Returns
    -------
    Agreement or None
        ``None`` when nothing was read twice.

    Examples
    --------
    >>> round(cohen_kappa([(5, 5)] * 20 + [(5, 3)] * 5 + [(3, 5)] * 10 + [(3, 3)] * 15).kappa, 2)
    0.4
    """
    if not pairs:
        return None
    n = len(pairs)
    values = sorted({value for pair in pairs for value in pair})
    widest = float(values[-1] - values[0]) or 1.0

    def weight(one: int, other: int) -> float:
        return 1.0 - ((one - other) / widest) ** 2 if weighted else float(one == other)

    first = {v: sum(a == v for a, _ in pairs) / n for v in values}
    second = {v: sum(b == v for _, b in pairs) / n for v in values}
    observed = sum(weight(a, b) for a, b in pairs) / n
    expected = sum(first[a] * second[b] * weight(a, b) for a in values for b in values)
    if math.isclose(expected, 1.0):
        return Agreement(pairs=n, observed=observed, expected=expected, kappa=None)
    kappa = (observed - expected) / (1.0 - expected)
    spread = 1.959964 * math.sqrt(max(observed * (1.0 - observed), 0.0) / n) / (1.0 - expected)
    return Agreement(
        pairs=n,
        observed=observed,
        expected=expected,
        kappa=kappa,
        low=max(-1.0, kappa - spread),
        high=min(1.0, kappa + spread),
    )
