"""Reading rules, lexicon and catalogue must not hold up the start."""

from __future__ import annotations

import time

from plugin.rules.rulebook import Rulebook
from tests.conftest import ROOT


def test_the_rulebook_is_read_within_a_second_of_cpu() -> None:
    spent = []
    for _ in range(3):
        started = time.process_time()
        Rulebook.load(ROOT / "config")
        spent.append(time.process_time() - started)
    assert min(spent) < 1.0
