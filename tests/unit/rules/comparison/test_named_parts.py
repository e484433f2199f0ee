"""Parts by their names."""

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.named_parts import parts_across
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[4] / "config")


def places(findings: str, impression: str) -> list[tuple[str, str]]:
    texts = BOOK.read(case_from_json({"findings": findings, "impression": impression}))
    return [(here.text, there.text) for here, there, _ in parts_across(texts)]


@pytest.mark.parametrize(
    ("findings", "impression", "told"),
    [
        (
            "左侧股骨头前上部见地图样异常信号。右侧髋关节少量积液。",
            "右侧股骨头缺血性坏死。",
            ("右侧股骨头", "左侧股骨头"),
        ),
        ("左侧顶骨外板旁见梭形异常信号。", "右侧顶部头颅血肿。", ("右侧顶部", "左侧顶骨")),
    ],
)
def test_names_on_the_other_side_alone(findings: str, impression: str, told: tuple[str, str]) -> None:
    assert places(findings, impression) == [told]


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("左侧股骨头轮廓塌陷。右侧股骨头亦见囊变。", "右侧股骨头坏死。"),
        ("左侧股骨头轮廓塌陷。股骨头负重面见囊变。双侧股骨头形态欠规则。", "右侧股骨头坏死。"),
        ("左侧股骨头轮廓塌陷。", "右侧股骨头未见异常。"),
        ("右肺上叶支气管截断。左肺下叶支气管柱状增宽。", "左肺下叶支气管扩张。"),
    ],
)
def test_names_that_may_be_of_that_side(findings: str, impression: str) -> None:
    assert places(findings, impression) == []
