"""Cohen's kappa against textbook values."""

from __future__ import annotations

import pytest

from plugin.rules.agreement import cohen_kappa


def test_cohens_own_kind_of_example() -> None:
    pairs = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    found = cohen_kappa(pairs)
    assert found is not None
    assert (found.pairs, found.observed, found.expected) == (50, pytest.approx(0.7), pytest.approx(0.5))
    assert found.kappa == pytest.approx(0.4)
    assert found.low == pytest.approx(0.4 - 1.959964 * (0.7 * 0.3 / 50) ** 0.5 / 0.5)


def test_far_apart_weighs_more_than_near() -> None:
    near = cohen_kappa([(5, 4), (4, 5), (3, 3), (1, 1)], weighted=True)
    far = cohen_kappa([(5, 1), (1, 5), (3, 3), (4, 4)], weighted=True)
    assert near is not None
    assert far is not None
    assert near.kappa is not None
    assert far.kappa is not None
    assert near.kappa > 0.8 > 0 > far.kappa


def test_no_pairs_and_no_variety() -> None:
    assert cohen_kappa([]) is None
    same = cohen_kappa([(5, 5)] * 4)
    assert same is not None
    assert (same.observed, same.kappa) == (1.0, None)
