"""What lies beside the organ that its clause names, is measured, or is spoken of again."""

import pytest

from plugin.rules.comparison.beside import lies_beside
from plugin.rules.comparison.claims import claims_of
from plugin.rules.comparison.measured import only_measured
from plugin.rules.comparison.referring import referred_across, speaks_again
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


def test_a_place_that_is_only_related_to_is_not_where_it_is() -> None:
    reading = _texts("膀胱充盈可，右侧壁近输尿管口处见肿物。前列腺增大，突入膀胱底，内见钙化。", "膀胱癌。")
    places = [claim.places[-1].term.id for claim in reading.findings.derived(claims_of)]
    assert places == ["bladder", "prostate", "prostate"]


@pytest.mark.parametrize(
    ("said", "again"),
    [("上述肿块动脉期约58HU", True), ("上述肿块旁见结节", False), ("肿块中度强化", False)],
)
def test_a_clause_may_go_on_about_what_was_seen(said: str, again: bool) -> None:
    assert speaks_again(said) is again


def test_what_was_seen_before_is_not_on_the_other_side() -> None:
    found = list(referred_across(_texts("左肺上叶见肿块。右肺上叶上述肿块强化。", "").findings))
    assert found == [((8, 12), (0, 4))]


@pytest.mark.parametrize(("size", "judged"), [("胆总管直径约9mm", True), ("胆总管不宽", False)])
def test_a_size_that_nobody_judged_may_be_judged(size: str, judged: bool) -> None:
    reading = _texts(f"肝内外胆管无扩张，{size}。", "胆总管轻度增宽。")
    assert only_measured(reading, 0) is judged
