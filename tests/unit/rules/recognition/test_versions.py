"""The older notice of 川渝 (three months, fewer items) beside the standard that followed it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError
from plugin.domain.recognition import Evaluation, Institution
from plugin.rules.recognition.eligibility import Regions, StudyFacts
from plugin.rules.recognition.honour import LabelledExam, offers

CONFIG = Path(__file__).resolve().parents[4] / "config"
HOSPITAL = Institution(institution_id="H1", name="测试医院", level=3, regions=("chuanyu",))
LAST_DAY, FIRST_DAY = date(2025, 9, 28), date(2025, 9, 29)
NOTICE = """public_only = true
items = [
  { number = 94, printed = ["CT", "胸部", "胸部 CT 平扫"] },
  { number = 92, printed = ["CT", "头部", "头部 CT 平扫"] },
  { number = 1001, printed = ["CT", "腹部", "全腹部 CT 平扫"] },
]
"""
PASSED = Evaluation(
    evaluation_id="E1",
    region_id="chuanyu",
    institution_id="H1",
    item_number=0,
    device="",
    passed=True,
    valid_from=date(2025, 1, 1),
    valid_to=date(2026, 12, 31),
)
CHEST = LabelledExam(
    accession_number="A1",
    region_id="chuanyu",
    item_number=94,
    performed_on=date(2025, 7, 1),
    institution=replace(HOSPITAL, institution_id="H2"),
)


def with_notice(folder: Path, items: str = NOTICE) -> Regions:
    """The shipped configuration of a site that has loaded the notice's list."""
    config = folder / "config"
    shutil.copytree(CONFIG, config)
    path = config / "regions" / "chuanyu.toml"
    path.write_text(path.read_text("utf-8").replace("public_only = true\n", items, 1), "utf-8")
    return Regions.load(config)


@pytest.fixture
def regions(tmp_path: Path) -> Regions:
    return with_notice(tmp_path)


@pytest.mark.parametrize(
    ("item", "performed", "number", "version"),
    [
        ("胸部CT平扫", LAST_DAY, 94, "notice"),
        ("胸部CT平扫", FIRST_DAY, 94, "DB50"),
        ("全腹部CT平扫", LAST_DAY, 1001, "notice"),
        ("胸部CT增强", FIRST_DAY, 107, "DB50"),
    ],
)
def test_the_day_of_the_examination_chooses_the_list(
    regions: Regions, item: str, performed: date, number: int, version: str
) -> None:
    study = StudyFacts(modality="CT", exam_item=item, device="CT01", performed_on=performed)
    (decision,) = (
        each for each in regions.decide(study, HOSPITAL, [PASSED], performed) if each.region_id == "chuanyu"
    )
    assert decision.eligible, decision.reasons
    assert decision.item and decision.item.number == number
    assert dict(decision.versions)["region"].startswith(version)


@pytest.mark.parametrize(("item", "performed"), [("胸部CT增强", LAST_DAY), ("全腹部CT平扫", FIRST_DAY)])
def test_what_the_list_of_its_day_lacks_bears_no_label(regions: Regions, item: str, performed: date) -> None:
    study = StudyFacts(modality="CT", exam_item=item, device="CT01", performed_on=performed)
    (decision,) = (
        each for each in regions.decide(study, HOSPITAL, [PASSED], performed) if each.region_id == "chuanyu"
    )
    assert not decision.eligible


@pytest.mark.parametrize(
    ("performed", "ordered", "offered"),
    [
        (date(2025, 7, 1), date(2025, 9, 28), True),
        (date(2025, 6, 1), date(2025, 9, 28), False),
        (date(2025, 9, 1), date(2025, 11, 30), True),
        (date(2025, 9, 1), date(2025, 12, 1), False),
        (date(2025, 9, 29), date(2025, 10, 29), True),
        (date(2025, 9, 29), date(2025, 10, 30), False),
    ],
)
def test_a_label_is_honoured_for_as_long_as_it_was_given_for(
    regions: Regions, performed: date, ordered: date, offered: bool
) -> None:
    exam = replace(CHEST, performed_on=performed)
    assert bool(offers(regions, ("CT胸部平扫", "CT"), [exam], HOSPITAL, ordered)) is offered


def test_an_item_that_only_the_older_list_holds_meets_no_order_of_the_newer(regions: Regions) -> None:
    abdomen = replace(CHEST, item_number=1001, performed_on=LAST_DAY)
    assert not offers(regions, ("上腹部CT平扫", "CT"), [abdomen], HOSPITAL, FIRST_DAY)
    assert offers(regions, ("全腹部CT平扫", "CT"), [abdomen], HOSPITAL, LAST_DAY)


def test_a_number_means_one_item_in_all_versions(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="108 is another item in version 'notice"):
        with_notice(tmp_path, NOTICE.replace("number = 1001", "number = 108"))
