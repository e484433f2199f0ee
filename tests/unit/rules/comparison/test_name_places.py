"""Which places of an impression tell where something is."""

import pytest

from plugin.rules.comparison.name_places import telling_places
from plugin.rules.texts import Texts, read_texts
from plugin.text.lexicon import Lexicon
from tests.conftest import ROOT

LEXICON = Lexicon.load(ROOT / "config" / "rules" / "lexicon")


def _texts(findings: str, impression: str) -> Texts:
    return read_texts(findings, impression, "CT", LEXICON)


@pytest.mark.parametrize(
    ("impression", "telling"),
    [
        ("右肺下叶肿块，考虑肺癌。", ["肺下叶"]),
        ("左膝内侧半月板撕裂。", ["内侧半月板"]),
        ("肝未见异常，胆囊结石。", ["胆囊"]),
    ],
)
def test_a_name_that_holds_an_organ_names_no_place(impression: str, telling: list[str]) -> None:
    reading = _texts("双肺清晰。", impression)
    places = [reading.impression.text[p.start : p.end] for p in telling_places(reading)]
    assert places == telling
