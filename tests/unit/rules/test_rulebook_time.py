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
# Findings and an impression of other words, where each of one is held against all of the other.
PAIRS = [
    ("L1肱骨肺大泡；第5、6肋腋动脉骨折征象；S4+5肱静脉囊肿；", "第5、6肋肱动脉肺大泡/"),
    ("1、股总动脉腘动脉骨折征象\n2.足背动脉楔形变\n", "2.肌间静脉FNH及"),
    ("骨折 骨质欠连续 微结节 结节状 低回声肿块 ", "异位肾、"),
    ("未见显示C3~C7、缺如T12-L1、征阴性L4/5、", "未见显示C3~C7\n缺如L1\n征阴性S1\n"),
    ("桡骨骨折征象骶骨；尺骨楔形变尾椎；手骨皮质皱褶骶管；", "尺桡骨指骨铸型致密影骶尾椎。"),
    ("腰椎附件第5、6肋左缘未见显示/", "脊柱C3~C7左侧未显示，椎管T12-L1左缘未见显示，"),
]

_TRIES = count()


def _text(part: str, length: int) -> str:
    # A text that came lately is not read again: each try has one of its own.
    return (f"{next(_TRIES)}、" + part * (length // len(part) + 1))[:length]


def _case(part: str, length: int) -> Case:
    text = _text(part, length)
    return case_from_json({"exam": {"modality": "MR"}, "findings": text, "impression": text})


def _steps(part: str, length: int) -> int:
    case = _case(part, length)
    return steps(lambda: BOOK.inspect(case))


def _steps_of_pair(findings: str, impression: str, length: int) -> int:
    case = case_from_json({"findings": _text(findings, length), "impression": _text(impression, length)})
    return steps(lambda: BOOK.inspect(case))


@pytest.mark.parametrize("part", PARTS)
def test_twice_the_text_takes_about_twice_the_time(part):
    assert _steps(part, LONGEST) < 3 * _steps(part, LONGEST // 2)


@pytest.mark.parametrize(("findings", "impression"), PAIRS)
def test_twice_two_texts_take_about_twice_the_time(findings, impression):
    assert _steps_of_pair(findings, impression, LONGEST) < 3 * _steps_of_pair(
        findings, impression, LONGEST // 2
    )


@pytest.mark.parametrize("part", PARTS)
def test_what_is_longer_than_a_report_takes_no_longer(part):
    assert _steps(part, 50_000) < 1.5 * _steps(part, LONGEST)
    endless = _case(part, 5_000_000)
    assert not blows_up(lambda: BOOK.inspect(endless))
