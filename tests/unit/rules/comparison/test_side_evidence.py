"""Conclusions whose side the findings do not bear out, and those they do."""

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.side_evidence import side_witnesses
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[4] / "config")


def witnesses(findings: str, impression: str) -> list[tuple[str, str]]:
    reading = BOOK.read(case_from_json({"findings": findings, "impression": impression}))
    return [(said.text, found.text) for said, found in side_witnesses(reading)]


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("左侧椎动脉纤细，右侧椎动脉优势。", "右侧椎动脉纤细"),
        ("左侧胸腔见无肺纹理透亮区，左肺压缩约35%。右肺纹理清晰。", "右侧气胸，右肺压缩约35%。"),
        ("甲状腺左叶未见结节。右叶见低回声结节，大小约9×7mm。", "甲状腺左叶结节"),
        ("左肾见强回声，后伴声影。右肾见无回声区。", "右肾结石，右肾囊肿"),
    ],
)
def test_a_conclusion_found_on_the_other_side(findings: str, impression: str) -> None:
    assert witnesses(findings, impression)


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("双肺见多发结节，左肺大者直径约9mm。", "右肺结节"),
        ("左肾见结石，右肾见囊肿。", "左肾结石，右肾囊肿"),
        ("右侧椎动脉走行迂曲。左侧颈内动脉见斑块。", "右侧椎动脉迂曲"),
        ("左肾体积减小，伴钙化。右肾多发点片状高密度。", "右肾小结石"),
        ("左侧基底节区见低密度影。", "建议复查右侧基底节区"),
    ],
)
def test_a_conclusion_that_its_own_side_may_bear(findings: str, impression: str) -> None:
    assert witnesses(findings, impression) == []
