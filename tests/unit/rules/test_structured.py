"""What is written part by part under labels is structured; prose with headings is not."""

from __future__ import annotations

import pytest
from effort import blows_up

from plugin.rules import structured
from plugin.rules.structured import is_structured

STRUCTURED = {
    "lines": "肝脏：大小、形态正常，实质密度均匀。\n胆囊：不大，壁光滑，腔内未见结石。\n胰腺：未见异常。\n脾脏：不大。\n双肾：未见积水。",
    "one paragraph": "甲状腺：大小正常。气管：居中。肺野：双肺清晰。纵隔：未见肿大淋巴结。胸膜：双侧未见积液。",
    "numbered": "1. 肺实质：右肺上叶见结节，大小约8 mm×6 mm，边缘光滑。\n2. 气道：通畅。\n3. 纵隔：未见肿大淋巴结。\n4. 胸膜：未见积液。\n5. 骨骼：未见破坏。",
    "brackets": "【脑实质】双侧大脑半球对称，未见异常信号。\n【脑室】不扩大。\n【中线】居中。\n【颅骨】未见骨折。",
    "half width": "位置: 右乳外上象限\n形态: 不规则\n边缘: 毛刺状\n强化: 不均匀\nBI-RADS: 4C",
    "below a heading": "检查所见：\n肝脏：正常。\n胆囊：正常。\n脾脏：不大。\n胰腺：正常。\n双肾：正常。",
}
PROSE = {
    "plain": "双肺纹理清晰，未见实变影。纵隔内未见肿大淋巴结。双侧胸腔未见积液。",
    "empty": "",
    "headings of every report": "检查所见：双肺清晰。诊断意见：未见异常。建议：随访。备注：无。检查方法：平扫。",
    "phases": "平扫：肝右叶见低密度灶。增强：动脉期明显强化。延迟期：呈等密度。门脉期示：廓清。印象：肝癌可能。",
    "planes": "横断位：T1WI 呈等信号。冠状位：未见异常。矢状位：形态正常。T2WI：稍高信号。DWI：未见受限。",
    "two labels": "肝脏：形态正常，胆囊不大，胰腺未见异常。双肾：未见积水，输尿管不扩张，膀胱充盈可。",
    "a score at the end": "双肺纹理清晰，心影不大，纵隔居中，双侧胸膜结构良好，肺野内未见异常密度影，气管通畅，双侧肺门不大，胸廓对称。"
    "左主干：0.00；前降支：12.5；回旋支：0.00；右冠：3.1；总分：15.6。",
    "times and ratios": "放大比例 1:1，检查于 10:24 开始，10:30 结束，层厚 1:2，见 3:00 方向结节，余未见异常。",
}


@pytest.mark.parametrize("text", STRUCTURED.values(), ids=STRUCTURED.keys())
def test_labels_part_by_part_are_structured(text: str) -> None:
    assert is_structured(text)


@pytest.mark.parametrize("text", PROSE.values(), ids=PROSE.keys())
def test_prose_with_headings_is_not(text: str) -> None:
    assert not is_structured(text)


@pytest.mark.parametrize("part", ["肝：。", "【", "：", "a：b", "1.", "。 　"])
def test_no_text_takes_long_not_even_if_all_of_it_were_looked_at(
    part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(structured, "LONGEST", 10**9)
    assert not blows_up(lambda: is_structured("：" + part * (300_000 // len(part))))
