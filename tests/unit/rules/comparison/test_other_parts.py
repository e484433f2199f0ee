"""A conclusion on another part, where the findings hold a finding of its own."""

import pytest

from plugin.rules.comparison.other_parts import of_other_level, of_other_part, of_other_side
from plugin.rules.texts import Texts, read_texts
from plugin.text.lexicon import Lexicon
from tests.conftest import ROOT

LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")
GENERAL = frozenset(("spine", "joint", "bone"))


def _texts(findings: str, impression: str) -> Texts:
    return read_texts(findings, impression, "", LEXICON)


@pytest.mark.parametrize(
    ("findings", "impression", "other"),
    [
        ("前交叉韧带撕裂。内侧半月板后角撕裂。", "右膝内侧半月板撕裂。", True),
        # Called sound, it is another one: of two parts each says its own.
        ("前交叉韧带撕裂。内侧半月板未见异常。", "右膝内侧半月板撕裂。", True),
        # Not spoken of, the conclusion may name the wrong part.
        ("前交叉韧带撕裂。", "右膝内侧半月板撕裂。", False),
        ("右肺下叶见结节。右肺上叶见结节。", "右肺上叶结节。", True),
        ("右肺下叶见结节。右肺上叶见结节。", "双肺多发结节。", False),
    ],
)
def test_parts(findings: str, impression: str, other: bool) -> None:
    texts = _texts(findings, impression)
    claim, concluded = texts.findings_claims[0], texts.impression_claims[0]

    assert of_other_part(texts, claim, concluded, claim.places, GENERAL) is other


@pytest.mark.parametrize(
    ("findings", "impression", "other"),
    [
        ("L2/3椎间盘突出。L4/5椎间盘突出。", "L4/5椎间盘突出。", True),
        ("L2/3椎间盘突出。", "L4/5椎间盘突出。", False),
        ("L2/3椎间盘突出。L4/5椎间盘形态正常。", "L4/5椎间盘突出。", True),
        ("L2/3椎间盘突出。L4/5椎间盘突出。", "L2-L5椎间盘突出。", False),
        ("L2/3椎间盘突出。L4/5椎间盘突出。", "腰椎多发椎间盘突出。", False),
        ("肝S6见囊肿。肝S2见囊肿。", "肝S2囊肿。", True),
        ("肝S6见囊肿。肝S2见囊肿。", "肝多发囊肿。", False),
    ],
)
def test_levels(findings: str, impression: str, other: bool) -> None:
    texts = _texts(findings, impression)

    assert of_other_level(texts, texts.findings_claims[0], 0) is other


@pytest.mark.parametrize(
    ("findings", "other"),
    [("左侧乳腺见肿块。右侧乳腺见肿块。", True), ("左侧乳腺见肿块。右侧乳腺未见异常。", False)],
)
def test_sides(findings: str, other: bool) -> None:
    texts = _texts(findings, "右侧乳腺肿块。")
    claim, concluded = texts.findings_claims[0], texts.impression_claims[0]

    assert of_other_side(texts, claim, concluded.places, alike=True) is other
