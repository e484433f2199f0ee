"""Whether the findings describe what is concluded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plugin.domain.exchange import case_from_json
from plugin.rules.comparison.described import described
from plugin.rules.comparison.descriptions import Description
from plugin.rules.comparison.evidence_places import Scope
from plugin.rules.rulebook import Rulebook

ROOT = Path(__file__).resolve().parents[4]
SCOPE = Scope(
    general=frozenset(("chest", "abdomen", "head", "brain", "hemisphere", "bone", "joint", "soft_tissue")),
    tracts=(frozenset(("kidney", "renal_pelvis", "ureter")), frozenset(("frontal", "periventricular"))),
    spreading=frozenset(("dilatation", "ischemia")),
    bordering=frozenset(("pleura", "rib")),
)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return Rulebook.load(ROOT / "config")


def _described(rulebook: Rulebook, findings: str, impression: str, how: Description) -> bool:
    reading = rulebook.read(case_from_json({"id": "a", "findings": findings, "impression": impression}))
    return described(SCOPE, reading, reading.impression_claims[-1], how)


@pytest.mark.parametrize(
    ("findings", "impression", "is_described"),
    [
        ("左肾见结石影。", "左肾结石。", True),
        ("胆囊见结石影。", "左肾结石。", False),
        ("左肾未见结石。", "左肾结石。", False),
        # By another observation, by other words, by a clause that nobody can read.
        ("左肾见钙化灶。", "左肾结石。", True),
        ("左肾见铸型影。", "左肾结石。", True),
        ("左肾盏改变。", "左肾结石。", True),
        ("左肾形态改变不明显。左肾大小如常。", "左肾结石。", True),
        ("左肾大小正常。", "左肾结石。", False),
        ("左肾见铸型样气体。", "左肾结石。", False),
        # Word for word.
        ("建议复查左肾结石。", "左肾结石。", True),
    ],
)
def test_a_conclusion_is_described(
    rulebook: Rulebook, findings: str, impression: str, is_described: bool
) -> None:
    how = Description(
        of=("stone",),
        by=frozenset(("calcification",)),
        words=re.compile("铸型"),
        unlike=re.compile("气体"),
        alone="气体" in findings,
    )

    assert _described(rulebook, findings, impression, how) is is_described


def test_what_nobody_can_read_counts_only_where_others_may_describe_it(rulebook: Rulebook) -> None:
    some = Description(of=("stone",))
    alone = Description(of=("stone",), alone=True)

    assert _described(rulebook, "左肾盏改变。", "左肾结石。", some)
    assert not _described(rulebook, "左肾盏改变。", "左肾结石。", alone)


def test_what_spreads_is_of_the_whole_tract(rulebook: Rulebook) -> None:
    how = Description(of=("dilatation",), alone=True)

    assert _described(rulebook, "左侧输尿管扩张。", "左肾积水。", how)
    assert not _described(rulebook, "胆总管扩张。", "左肾积水。", how)


def test_white_matter_is_of_every_lobe(rulebook: Rulebook) -> None:
    how = Description(of=("ischemia",), by=frozenset(("lesion",)), alone=True)

    assert _described(rulebook, "侧脑室旁见点状高信号。", "左额叶缺血灶。", how)
    assert not _described(rulebook, "脑干见点状高信号。", "左额叶缺血灶。", how)


def test_a_bone_is_not_broken_by_the_fracture_of_another_that_is_concluded(rulebook: Rulebook) -> None:
    how = Description(of=("fracture",), by_bone=True)

    assert not _described(rulebook, "左跖骨骨折。跟骨形态可。", "左跖骨骨折。左跟骨骨折。", how)
    assert _described(rulebook, "左跖骨骨折。", "左跟骨骨折。", how)


def test_what_is_found_at_one_organ_is_of_the_conclusion_there(rulebook: Rulebook) -> None:
    how = Description(of=("effusion",), alone=True)

    assert not _described(rulebook, "心包见积液。胸膜不厚。", "心包积液。左侧胸腔积液。", how)
    assert _described(rulebook, "心包见积液。左侧胸腔积液。", "心包积液。左侧胸腔积液。", how)


def test_a_name_that_holds_its_organ_is_seen_there(rulebook: Rulebook) -> None:
    how = Description(of=("fatty",), at=frozenset(("liver",)), words=re.compile("密度减低"), alone=True)

    assert _described(rulebook, "肝实质密度减低。", "脂肪肝。", how)
    assert not _described(rulebook, "脾实质密度减低。", "脂肪肝。", how)


def test_of_very_many_one_is_taken_to_be_it(rulebook: Rulebook) -> None:
    how = Description(of=("stone",), by=frozenset(("calcification",)), alone=True)
    few, many = ("".join(f"胆囊第{n}处钙化。" for n in range(count)) for count in (20, 40))

    assert not _described(rulebook, few, "左肾结石。", how)
    assert _described(rulebook, many, "左肾结石。", how)
