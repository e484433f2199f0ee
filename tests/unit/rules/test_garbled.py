"""Denials that deny nothing: their own words affirm."""

from pathlib import Path

import pytest

from plugin.rules.garbled import garbled_denials
from plugin.text.lexicon import Lexicon
from plugin.text.reader import read

LEXICON = Lexicon.load(Path(__file__).resolve().parents[3] / "config/rules/lexicon")


@pytest.mark.parametrize(
    "text",
    [
        "双侧胸腔少量未见积液",
        "右肺未见多发结节",
        "左侧颞叶未见片状低密度影，边界较清",
        "肝右叶未见低密度灶，大小约20mm",
        "未见骨折术后改变",
    ],
)
def test_garbled(text: str) -> None:
    assert garbled_denials(read(text, LEXICON))


@pytest.mark.parametrize(
    "text",
    [
        "双侧胸腔未见积液",
        "双肺未见结节及肿块影，气管通畅",
        "纵隔内未见肿大淋巴结，大者短径约8mm",
        "未见明显强化，边界清",
        "脑沟未见增宽、加深",
        "左侧胸腔见大量无肺纹理透亮区",
        "肝内多发无强化低密度影",
        "少量无定形钙化",
    ],
)
def test_plain(text: str) -> None:
    assert garbled_denials(read(text, LEXICON)) == []
