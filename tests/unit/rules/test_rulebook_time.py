"""Time grows as the text does, whatever it is made of: no pattern of words makes it grow faster."""

from __future__ import annotations

import time
from itertools import count
from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.case_reading import LONGEST
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[3] / "config")
# Run-on text: all of it is one clause, full of cues, sides, organs and critical words.
PARTS = [
    "左肾见结石，右肾见囊肿。",
    "左肺未见结节影，右肺见结节影；",
    "考虑左肺结节可能",
    "术后骨折",
    "右肾未见结石或",
    "癌?",
    "气胸",
    "1.骨折；",
    "原诊“左肺",
]

_TRIES = count()


def _cpu(part: str, length: int) -> float:
    """CPU time of an inspection, the least of a few: what else the machine does only adds."""
    times = []
    for _ in range(2):
        # A text that came lately is not read again: each try has one of its own.
        text = (f"{next(_TRIES)}、" + part * (length // len(part) + 1))[:length]
        case = case_from_json({"exam": {"modality": "MR"}, "findings": text, "impression": text})
        begin = time.process_time()
        BOOK.inspect(case)
        times.append(time.process_time() - begin)
    return min(times)


def _grows_less(part: str, short: int, long: int, bound: float) -> bool:
    """Whether the longer text takes less than `bound` times as long; a busy machine gets three tries."""
    return any(_cpu(part, long) < bound * _cpu(part, short) for _ in range(3))


@pytest.mark.parametrize("part", PARTS)
def test_twice_the_text_takes_about_twice_the_time(part):
    assert _grows_less(part, LONGEST // 2, LONGEST, 3)


@pytest.mark.parametrize("part", PARTS)
def test_what_is_longer_than_a_report_takes_no_longer(part):
    assert _grows_less(part, LONGEST, 50_000, 2)
