"""What lies beside the organ that its clause names."""

import pytest

from plugin.rules.comparison.beside import lies_beside
from plugin.rules.texts import Texts, read_texts
from plugin.text.lexicon import Lexicon
from tests.conftest import ROOT

LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")


def _texts(findings: str, impression: str) -> Texts:
    return read_texts(findings, impression, "CT", LEXICON)


@pytest.mark.parametrize(
    ("findings", "beside"),
    [("子宫左后方见肿块。", True), ("子宫肌层见肿块。", False), ("L4椎体前方见肿块。", False)],
)
def test_what_lies_beside_an_organ_is_in_none_that_is_named(findings: str, beside: bool) -> None:
    reading = _texts(findings, "附件区肿块。")
    assert lies_beside(reading, reading.findings_claims[0], reading.impression_claims[0].places) is beside
