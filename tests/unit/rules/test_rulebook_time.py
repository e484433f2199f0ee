"""Time grows as the text does, whatever it is made of: no pattern of words makes it grow faster."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from effort import blows_up, steps

from plugin.domain.case import Case
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
    "L1、",
    "左侧第5、6肋",
    "左肾未见增厚，左肾囊肿，",
    "左肺未见小片状高密度影，左肺炎症。",
    "左、",
]

_TRIES = count()


def _case(part: str, length: int) -> Case:
    # A text that came lately is not read again: each try has one of its own.
    text = (f"{next(_TRIES)}、" + part * (length // len(part) + 1))[:length]
    return case_from_json({"exam": {"modality": "MR"}, "findings": text, "impression": text})


def _steps(part: str, length: int) -> int:
    case = _case(part, length)
    return steps(lambda: BOOK.inspect(case))


@pytest.mark.parametrize("part", PARTS)
def test_twice_the_text_takes_about_twice_the_time(part):
    assert _steps(part, LONGEST) < 3 * _steps(part, LONGEST // 2)


@pytest.mark.parametrize("part", PARTS)
def test_what_is_longer_than_a_report_takes_no_longer(part):
    assert _steps(part, 50_000) < 1.5 * _steps(part, LONGEST)
    endless = _case(part, 5_000_000)
    assert not blows_up(lambda: BOOK.inspect(endless))
