"""Conclusions on places that the findings declare sound."""

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[4] / "config")


def contradictions(findings: str, impression: str) -> list[str]:
    issues = BOOK.inspect(case_from_json({"findings": findings, "impression": impression})).issues
    return [issue.text for issue in issues if issue.rule == "contradiction"]


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("双肾未见异常密度影。肝内见囊肿。", "右肾囊肿，肝囊肿"),
        ("右侧基底节区未见异常密度影。右侧侧脑室受压变窄。", "右侧基底节区脑出血"),
        ("左肺下叶背段未见异常。右肺上叶见结节。", "左肺下叶背段纤维灶；右肺上叶结节"),
        ("心影大小正常。双肺纹理增粗。", "心影增大"),
        ("阑尾增粗，腔内未见粪石影。", "急性阑尾炎，阑尾粪石"),
        ("左肾未见类圆形低密度影。", "左肾囊肿"),
        ("L4/5椎间盘未见突出。L3/4椎间盘膨出。", "L4/5椎间盘突出，L3/4椎间盘膨出"),
    ],
)
def test_sound_there_and_concluded_here(findings: str, impression: str) -> None:
    assert contradictions(findings, impression)


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("双肾形态大小正常，左肾见类圆形低密度影。", "左肾囊肿"),
        ("肝脏密度均匀减低，肝内未见异常密度影。", "脂肪肝"),
        ("右侧髂骨见低密度影。双侧髋关节间隙正常。", "右侧髂骨低密度影"),
        ("外侧半月板见高信号。内侧半月板未见异常信号。", "外侧半月板损伤"),
        ("右侧眼眶内侧壁凹陷。余双侧眼眶骨质结构清晰，未见骨折征象。", "右侧眼眶内侧壁陈旧骨折"),
        ("脾脏体积增大，密度均匀，未见异常密度影。", "脾大"),
        ("L5/S1椎间盘突出。L4/5椎间盘未见突出。", "L5/S1椎间盘突出"),
    ],
)
def test_what_the_findings_do_describe(findings: str, impression: str) -> None:
    assert contradictions(findings, impression) == []
