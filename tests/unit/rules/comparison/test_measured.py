"""Sizes that the findings measured, and what may be concluded of them."""

import pytest

from plugin.rules.comparison.measured import measured_as_usual, only_measured
from plugin.rules.texts import Texts, read_texts
from plugin.text.lexicon import Lexicon
from tests.conftest import ROOT

LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")


def _texts(findings: str, impression: str) -> Texts:
    return read_texts(findings, impression, "CT", LEXICON)


@pytest.mark.parametrize(("size", "judged"), [("胆总管直径约9mm", True), ("胆总管不宽", False)])
def test_a_size_that_nobody_judged_may_be_judged(size: str, judged: bool) -> None:
    reading = _texts(f"肝内外胆管无扩张，{size}。", "胆总管轻度增宽。")
    assert only_measured(reading, 0) is judged


@pytest.mark.parametrize(
    ("findings", "usual"),
    [("脾厚3.4cm。", True), ("脾厚46mm。", False), ("脾厚3.4cm，长13cm。", False), ("脾不大。", False)],
)
def test_a_spleen_of_usual_size_is_not_enlarged(findings: str, usual: bool) -> None:
    reading = _texts(findings, "脾大。")
    assert measured_as_usual(reading, reading.impression_claims[0]) is usual
