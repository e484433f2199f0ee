"""Where things lean."""

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.leanings import leanings
from plugin.rules.rulebook import Rulebook

BOOK = Rulebook.load(Path(__file__).resolve().parents[4] / "config")


def places(findings: str, impression: str) -> list[tuple[str, str]]:
    texts = BOOK.read(case_from_json({"findings": findings, "impression": impression}))
    return [(here.text, there.text) for here, there, _ in leanings(texts)]


@pytest.mark.parametrize(
    ("findings", "impression", "told"),
    [
        ("双侧胸腔积液，左多右少。", "双侧胸腔积液，右侧为著。", ("右侧为著", "左多右少")),
        ("双肺斑片影，以左下肺为著。", "双肺炎症，右侧明显。", ("右侧明显", "左下肺为著")),
        ("腰段凸向右侧。", "腰段左凸。", ("腰段左凸", "腰段凸向右")),
        ("鼻中隔向右偏曲。", "鼻中隔左偏。", ("鼻中隔左偏", "鼻中隔向右偏")),
        ("左侧横窦较右侧细。", "右侧横窦细小。", ("右侧横窦细小", "左侧横窦较右侧细")),
    ],
)
def test_leanings_to_the_other_side(findings: str, impression: str, told: tuple[str, str]) -> None:
    assert places(findings, impression) == [told]


@pytest.mark.parametrize(
    ("findings", "impression"),
    [
        ("双侧胸腔积液，右侧较少。", "双侧胸腔积液，左侧为著。"),
        ("颈部淋巴结左侧为著。", "双肺炎症，右侧明显。"),
        ("胸段凸向右侧，腰段凸向左侧。", "脊柱侧弯(胸段右凸、腰段左凸)。"),
        ("左侧横窦较右侧细。", "左侧横窦细小，右侧横窦优势。"),
        ("左侧横窦较左侧细。", "右侧横窦细小。"),
    ],
)
def test_leanings_that_agree(findings: str, impression: str) -> None:
    assert places(findings, impression) == []
