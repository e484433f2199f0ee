"""What is no cyst, and what casts a shadow."""

import pytest

from plugin.rules.comparison.solid import casts_shadow, is_solid
from plugin.rules.texts import Texts, read_texts
from plugin.text.lexicon import Lexicon
from tests.conftest import ROOT

LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")


def _texts(findings: str, impression: str) -> Texts:
    return read_texts(findings, impression, "CT", LEXICON)


@pytest.mark.parametrize(
    ("findings", "impression", "solid"),
    [
        ("肝右叶见结节，动脉期明显强化。", "肝囊肿。", True),
        ("肝右叶见结节，增强无强化。", "肝囊肿。", False),
        ("肝右叶见结节，囊壁明显强化。", "肝囊肿。", False),
        ("右肾见高密度影。", "右肾囊肿。", True),
        ("右肾见高密度影。", "右肾高密度囊肿。", False),
        ("肝右叶见囊性灶，边缘明显强化。", "肝囊肿。", False),
    ],
)
def test_what_takes_up_contrast_or_is_dense_is_no_cyst(findings: str, impression: str, solid: bool) -> None:
    reading = _texts(findings, impression)
    assert is_solid(reading, reading.findings_claims[0]) is solid


@pytest.mark.parametrize(("behind", "shadow"), [("后方伴声影", True), ("后方未见声影", False)])
def test_a_shadow_stands_behind_an_echo(behind: str, shadow: bool) -> None:
    reading = _texts(f"胆囊腔内见强回声团，{behind}。", "胆囊息肉。")
    assert casts_shadow(reading, reading.findings_claims[0]) is shadow
