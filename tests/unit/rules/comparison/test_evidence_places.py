"""Where findings must lie to bear out a conclusion."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.descriptions import Description
from plugin.rules.comparison.evidence_places import (
    Scope,
    in_one_tract,
    is_away,
    not_at,
    of_other_parts,
    own_places,
    spoken_for,
    swapped,
)
from plugin.rules.rulebook import Rulebook
from plugin.rules.texts import Texts

ROOT = Path(__file__).resolve().parents[4]
SCOPE = Scope(
    general=frozenset(("abdomen", "chest", "bone", "spine")),
    tracts=(frozenset(("kidney", "renal_pelvis", "ureter")),),
    spreading=frozenset(("dilatation",)),
    bordering=frozenset(("pleura",)),
)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load(ROOT / "config")


def _read(rulebook: Rulebook, findings: str, impression: str) -> Texts:
    return rulebook.read(case_from_json({"id": "a", "findings": findings, "impression": impression}))


@pytest.mark.parametrize(
    ("impression", "own"),
    [
        ("左肾结石。", True),
        # Of what is named before, the second has no place of its own.
        ("左肾结石，积水。", False),
        ("脾大、静脉曲张。", False),
        ("左肾囊肿、右肾结石。", True),
    ],
)
def test_the_places_of_a_conclusion_are_its_own(rulebook: Rulebook, impression: str, own: bool) -> None:
    reading = _read(rulebook, "双肾形态可。", impression)

    assert bool(own_places(reading, reading.impression_claims[-1])) is own


@pytest.mark.parametrize(
    ("findings", "impression", "other"),
    [
        ("左跖骨见骨折线。", "左跖骨骨折。左跟骨骨折。", True),
        ("左跖骨见骨折线。", "左跟骨骨折。", False),
        ("左跟骨见骨折线。", "左跟骨骨折。", False),
        # The bone stands in a clause before.
        ("左跖骨形态可，见骨折线。", "左跖骨骨折。左跟骨骨折。", True),
        ("左足见骨折线。", "左跖骨骨折。左跟骨骨折。", False),
    ],
)
def test_other_bones(rulebook: Rulebook, findings: str, impression: str, other: bool) -> None:
    reading = _read(rulebook, findings, impression)
    found, said = reading.findings_claims[-1], reading.impression_claims[-1]

    how = Description(of=("fracture",), by_bone=True)
    assert of_other_parts(reading, found.what.clause, said, how) is other
    assert not of_other_parts(reading, found.what.clause, said, Description(of=("fracture",)))


@pytest.mark.parametrize(
    ("findings", "impression", "taken"),
    [
        ("左肾结石。", "左肾结石。右肾结石。", True),
        ("左肾结石。", "右肾结石。", False),
        ("双肾结石。", "左肾结石。右肾结石。", False),
        ("心包积液。", "心包积液。左侧胸腔积液。", True),
        ("右锁骨骨折。", "右锁骨骨折。右侧第5肋骨骨折。", True),
        # A region alone is of many: soft tissue lies round every bone.
        ("周围软组织肿胀。", "右锁骨软组织肿胀。左膝软组织肿胀。", False),
    ],
)
def test_what_another_conclusion_speaks_of(
    rulebook: Rulebook, findings: str, impression: str, taken: bool
) -> None:
    reading = _read(rulebook, findings, impression)
    found, said = reading.findings_claims[-1], reading.impression_claims[-1]

    assert spoken_for(SCOPE, reading, found, said, said.places) is taken


def test_what_was_seen_on_the_other_side_alone_is_a_wrong_side(rulebook: Rulebook) -> None:
    alone = _read(rulebook, "左肺下叶结节。", "右肺上叶结节。")
    both = _read(rulebook, "左肺下叶结节。", "左肺下叶结节。右肺上叶结节。")

    assert swapped(SCOPE, alone, alone.findings_claims[0], alone.impression_claims[-1].places)
    assert not swapped(SCOPE, both, both.findings_claims[0], both.impression_claims[-1].places)


@pytest.mark.parametrize(
    ("findings", "impression", "away"),
    [
        ("胆囊结石。", "左肾结石。", True),
        ("左肾结石。", "左肾结石。", False),
        ("左侧输尿管扩张。", "左肾积水。", False),
        ("胆总管扩张。", "左肾积水。", True),
        ("肝周积液。", "左侧胸腔积液。", False),
    ],
)
def test_away(rulebook: Rulebook, findings: str, impression: str, away: bool) -> None:
    reading = _read(rulebook, findings, impression)
    found, said = reading.findings_claims[0], reading.impression_claims[0]

    assert is_away(SCOPE, reading, said.id, found.places, said.places) is away


def test_one_tract(rulebook: Rulebook) -> None:
    reading = _read(rulebook, "左侧输尿管扩张。", "左肾积水。")
    other = _read(rulebook, "胆总管扩张。", "左肾积水。")

    assert in_one_tract(SCOPE, reading.findings.anatomy, reading.impression.anatomy)
    assert not in_one_tract(SCOPE, other.findings.anatomy, other.impression.anatomy)


def test_a_name_that_holds_its_organ(rulebook: Rulebook) -> None:
    reading = _read(rulebook, "肝右叶密度减低。脾脏密度减低。", "脂肪肝。")
    liver, spleen = reading.findings.anatomy[:1], reading.findings.anatomy[-1:]
    how = Description(of=("fatty",), at=frozenset(("liver",)))

    assert not not_at(reading, liver, how)
    assert not_at(reading, spleen, how)
    assert not not_at(reading, (), how)
    assert not not_at(reading, spleen, Description(of=("fatty",)))
