"""What is offered to a doctor who orders again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from plugin.domain.recognition import Institution
from plugin.rules.recognition.eligibility import Regions
from plugin.rules.recognition.honour import Acceptance, LabelledExam, acceptance, offers

CONFIG = Path(__file__).resolve().parents[4] / "config"
TODAY = date(2026, 6, 1)
COUNTY = Institution(institution_id="H2", name="县医院", level=2)
CITY = Institution(institution_id="H3", name="市医院", level=3)
CHEST = LabelledExam(
    accession_number="A1",
    region_id="chuanyu",
    item_number=94,
    performed_on=TODAY - timedelta(days=10),
    institution=CITY,
)


@pytest.fixture(scope="module")
def regions() -> Regions:
    return Regions.load(CONFIG)


def numbers(
    regions: Regions, name: str, *exams: LabelledExam, modality: str = "CT", on: date = TODAY
) -> list[int]:
    return [offer.item.number for offer in offers(regions, (name, modality), exams, COUNTY, on)]


@pytest.mark.parametrize(
    ("asking", "performing", "kind"),
    [
        (COUNTY, CITY, Acceptance.ACCEPTED),
        (CITY, COUNTY, Acceptance.OPTIONAL),
        (CITY, replace(CITY, institution_id="H4"), Acceptance.MUTUAL),
    ],
)
def test_levels(asking: Institution, performing: Institution, kind: Acceptance) -> None:
    assert acceptance(asking, performing, ()) is kind
    assert acceptance(asking, performing, [frozenset({"H2", "H3", "H4"})]) is Acceptance.ALLIANCE


def test_the_same_item_within_the_window(regions: Regions) -> None:
    assert numbers(regions, "CT胸部平扫", CHEST) == [94]
    assert numbers(regions, "CT胸部平扫", CHEST, on=CHEST.performed_on + timedelta(days=30)) == [94]
    assert numbers(regions, "CT胸部平扫", CHEST, on=CHEST.performed_on + timedelta(days=31)) == []
    assert numbers(regions, "CT胸部平扫", CHEST, on=CHEST.performed_on - timedelta(days=1)) == []
    assert numbers(regions, "头颅CT平扫", CHEST) == []


def test_an_item_that_covers_the_ordered_one(regions: Regions) -> None:
    enhanced = replace(CHEST, item_number=107)
    (offer,) = offers(regions, ("胸部CT平扫", "CT"), [enhanced], COUNTY, TODAY)
    assert offer.covers and offer.acceptance is Acceptance.ACCEPTED
    assert numbers(regions, "胸部CT增强", CHEST) == []
    assert numbers(regions, "左髋关节MRI平扫", replace(CHEST, item_number=121), modality="MR") == []
    assert numbers(regions, "胸部后前位", replace(CHEST, item_number=2), modality="DX") == [2]


def test_newest_first_and_nothing_for_an_open_name(regions: Regions) -> None:
    newer = replace(CHEST, accession_number="A2", performed_on=TODAY)
    found = offers(regions, ("CT胸部平扫", "CT"), [CHEST, newer], COUNTY, TODAY)
    assert [offer.exam.accession_number for offer in found] == ["A2", "A1"]
    assert numbers(regions, "胸部CT", CHEST) == []
