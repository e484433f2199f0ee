"""What is spoken of again."""

import pytest

from plugin.rules.comparison.referring import referred_across, speaks_again
from plugin.rules.texts import Texts, read_texts
from plugin.text.lexicon import Lexicon
from tests.conftest import ROOT

LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")


def _texts(findings: str, impression: str) -> Texts:
    return read_texts(findings, impression, "CT", LEXICON)


@pytest.mark.parametrize(
    ("said", "again"),
    [("上述肿块动脉期约58HU", True), ("上述肿块旁见结节", False), ("肿块中度强化", False)],
)
def test_a_clause_may_go_on_about_what_was_seen(said: str, again: bool) -> None:
    assert speaks_again(said) is again


def test_what_was_seen_before_is_not_on_the_other_side() -> None:
    found = list(referred_across(_texts("左肺上叶见肿块。右肺上叶上述肿块强化。", "").findings))
    assert found == [((8, 12), (0, 4))]
