"""Which anatomy an observation is tied to."""

from plugin.rules.comparison.claims import claims_of
from plugin.rules.texts import Texts, read_texts
from plugin.text.lexicon import Lexicon
from tests.conftest import ROOT

LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")


def _texts(findings: str, impression: str) -> Texts:
    return read_texts(findings, impression, "CT", LEXICON)


def test_a_place_that_is_only_related_to_is_not_where_it_is() -> None:
    reading = _texts("膀胱充盈可，右侧壁近输尿管口处见肿物。前列腺增大，突入膀胱底，内见钙化。", "膀胱癌。")
    places = [claim.places[-1].term.id for claim in reading.findings.derived(claims_of)]
    assert places == ["bladder", "prostate", "prostate"]
