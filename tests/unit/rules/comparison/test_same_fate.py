"""What befell one of a pair."""

import pytest

from plugin.rules.comparison.same_fate import same_fate
from plugin.rules.texts import read_texts
from plugin.text.lexicon import Lexicon
from tests.conftest import ROOT

LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")


def _told(findings: str, impression: str) -> list[tuple[str, str]]:
    texts = read_texts(findings, impression, "CT", LEXICON)
    return [(here.text, there.text) for here, there, _ in same_fate(texts)]


@pytest.mark.parametrize(
    ("findings", "impression", "told"),
    [
        ("左乳术后缺如。", "右乳术后。", ("右乳术后", "左乳术后")),
        ("左肾窝空虚。", "右肾缺如。", ("右肾缺如", "左肾窝空虚")),
        ("左心房增大。", "右房增大。", ("右房增大", "左心房增大")),
        ("左侧胸腔见气体影。", "右侧气胸。", ("右侧气胸", "左侧胸腔见气体")),
        ("左侧腹股沟斜疝。", "右侧腹股沟疝。", ("右侧腹股沟疝", "左侧腹股沟斜疝")),
        ("右肾见两套肾盂。", "左侧重复肾。", ("左侧重复肾", "右肾见两套肾")),
    ],
)
def test_it_befell_the_other_side(findings: str, impression: str, told: tuple[str, str]) -> None:
    assert _told(findings, impression) == [told]


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("左、右心房增大。", "左心房增大。"),
        ("左侧见两套肾盂，右侧未见重复肾盂。", "左侧重复肾。"),
        ("双乳术后。", "右乳术后。"),
        ("左肾切除术后。", "右肾碎石术后。"),
        ("左侧胸腔见气体影。", "左侧气胸。"),
        ("左侧胸腔见气体影。", "右侧气胸已吸收。"),
    ],
)
def test_it_befell_the_same_side_or_both(findings: str, impression: str) -> None:
    assert _told(findings, impression) == []
