"""Denials that deny nothing: their own words affirm."""

from pathlib import Path

import pytest

from plugin.rules.comparison.garbled import garbled_denials
from plugin.text.lexicon import Lexicon
from plugin.text.reader import read

LEXICON = Lexicon.load(Path(__file__).resolve().parents[4] / "config/rules/lexicon")


@pytest.mark.parametrize(
    "text",
    [
        "双侧胸腔少量未见积液",
        "右肺未见多发结节",
        "左侧颞叶未见片状低密度影，边界较清",
        "肝右叶未见低密度灶，大小约20mm",
        "未见骨折术后改变",
        "未见骨折术后\n腰椎序列正常。",
        "最大者位于左肺下叶未见磨玻璃结节",
        "右肺中叶未见结节(Im31/120)",
        "左额叶未见斑点状高信号影，ADC图呈低信号",
        "右侧豆状核未见中央低周围高信号影",
        "跖骨头旁未见两枚籽骨",
        "外踝下方未见小骨块，边缘硬化",
        "左肺上叶局限性支气管未见扩张",
        "冈上肌腱部分未见撕裂。",
        "脑梗死及未见软化灶",
        "胸骨未见骨折伴骨痂",
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
        "胰管未见局限性狭窄",
        "大者未见明显变化",
        "右肺结节(Im31)未见显示",
        "DWI未见高信号，ADC图未见异常",
        "静脉部分未见显影。",
        "大隐静脉伴行血管未见异常",
    ],
)
def test_plain(text: str) -> None:
    assert garbled_denials(read(text, LEXICON)) == []


def test_no_more_places_are_named_than_anybody_writes() -> None:
    assert len(garbled_denials(read("未见未见" * 800, LEXICON))) == 12
