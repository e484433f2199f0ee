"""A label, or every reason why not."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from plugin.domain.errors import ConfigError, InvalidInput
from plugin.domain.recognition import Evaluation, Institution, LabelDecision
from plugin.rules.recognition.eligibility import DataQuality, Regions, StudyFacts, best

CONFIG = Path(__file__).resolve().parents[4] / "config"
TODAY = date(2026, 6, 1)
HOSPITAL = Institution(institution_id="H1", name="测试医院", level=3, regions=("chuanyu", "beijing"))
STUDY = StudyFacts(modality="CT", exam_item="CT胸部平扫", device="CT01", performed_on=TODAY)
PASSED = Evaluation(
    evaluation_id="E1",
    region_id="chuanyu",
    institution_id="H1",
    item_number=94,
    device="CT01",
    passed=True,
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)


@pytest.fixture(scope="module")
def regions() -> Regions:
    return Regions.load(CONFIG)


def chuanyu(
    regions: Regions,
    study: StudyFacts = STUDY,
    hospital: Institution = HOSPITAL,
    evaluations: tuple[Evaluation, ...] = (PASSED,),
    on: date = TODAY,
) -> LabelDecision:
    decisions = regions.decide(study, hospital, evaluations, on)
    return next(each for each in decisions if each.region_id == "chuanyu")


def codes(decision: LabelDecision) -> list[str]:
    return [code for code, _ in decision.reasons]


def test_an_evaluated_item_bears_the_label_and_says_what_decided(regions: Regions) -> None:
    decision = chuanyu(regions)
    assert decision.eligible and not decision.reasons
    assert decision.mark == "川渝 HR"
    assert decision.item and decision.item.number == 94
    assert dict(decision.versions)["evaluation"] == "E1"
    assert "2025-09-29" in dict(decision.versions)["region"]


def test_no_evaluation_no_label(regions: Regions) -> None:
    assert codes(chuanyu(regions, evaluations=())) == ["evaluation_missing"]


@pytest.mark.parametrize(
    "other",
    [
        replace(PASSED, institution_id="H2"),
        replace(PASSED, region_id="beijing"),
        replace(PASSED, item_number=92),
        replace(PASSED, device="CT02"),
    ],
)
def test_an_evaluation_of_something_else_does_not_count(regions: Regions, other: Evaluation) -> None:
    assert codes(chuanyu(regions, evaluations=(other,))) == ["evaluation_missing"]


def test_an_evaluation_of_every_item_and_device_counts(regions: Regions) -> None:
    assert chuanyu(regions, evaluations=(replace(PASSED, item_number=0, device=""),)).eligible


def test_a_failed_item_is_not_saved_by_a_wider_pass(regions: Regions) -> None:
    failed = replace(PASSED, evaluation_id="E2", passed=False)
    wider = replace(PASSED, item_number=0, device="", valid_from=date(2026, 5, 1))
    assert codes(chuanyu(regions, evaluations=(failed, wider))) == ["evaluation_failed"]


def test_the_latest_result_of_a_scope_decides(regions: Regions) -> None:
    failed = replace(PASSED, evaluation_id="E0", passed=False)
    again = replace(PASSED, evaluation_id="E2", valid_from=date(2026, 4, 1))
    assert chuanyu(regions, evaluations=(failed, again)).eligible
    assert codes(chuanyu(regions, evaluations=(replace(again, passed=False), PASSED))) == [
        "evaluation_failed"
    ]


def test_two_results_of_one_day_bar_the_label(regions: Regions) -> None:
    contrary = replace(PASSED, evaluation_id="E2", passed=False)
    for pair in ((PASSED, contrary), (contrary, PASSED)):
        assert codes(chuanyu(regions, evaluations=pair)) == ["evaluation_failed"]


def test_an_evaluation_that_expires_lets_the_label_lapse(regions: Regions) -> None:
    assert chuanyu(regions, on=PASSED.valid_to).eligible
    assert codes(chuanyu(regions, on=date(2027, 1, 1))) == ["evaluation_not_in_force"]


def test_a_study_before_the_evaluation_bears_no_label(regions: Regions) -> None:
    early = replace(STUDY, performed_on=date(2025, 12, 31))
    assert codes(chuanyu(regions, early)) == ["evaluation_not_in_force"]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"image_score": 2}, "image_score"),
        ({"open_fatal_issue": True}, "fatal_issue"),
        ({"quality_rejected": True}, "quality_object"),
        ({"data": DataQuality(lossless=False)}, "lossy"),
        ({"data": DataQuality(identity_consistent=False)}, "identity"),
        ({"data": DataQuality(laterality_marked=False)}, "laterality"),
        ({"data": DataQuality(missing_tags=("PatientID",))}, "missing_tags"),
        ({"exam_item": "胸部CT"}, "item_incomplete"),
        ({"modality": "US", "exam_item": "胸部超声"}, "modality"),
    ],
)
def test_each_reason(regions: Regions, changed: dict[str, object], code: str) -> None:
    decision = chuanyu(regions, replace(STUDY, **changed))  # type: ignore[arg-type]  # checked by the dataclass
    assert not decision.eligible
    assert codes(decision) == [code]
    assert all(text for _, text in decision.reasons)


def test_what_is_not_known_of_the_study_is_no_reason(regions: Regions) -> None:
    assert chuanyu(regions, replace(STUDY, image_score=None, data=DataQuality())).eligible
    assert chuanyu(regions, replace(STUDY, image_score=3)).eligible


def test_every_reason_is_given(regions: Regions) -> None:
    study = replace(STUDY, image_score=1, open_fatal_issue=True, data=DataQuality(lossless=False))
    hospital = replace(HOSPITAL, public=False, regions=())
    assert codes(chuanyu(regions, study, hospital, ())) == [
        "institution_not_listed",
        "institution_not_public",
        "evaluation_missing",
        "image_score",
        "fatal_issue",
        "lossy",
    ]


def test_a_small_hospital_takes_part_once_it_is_evaluated(regions: Regions) -> None:
    small = replace(HOSPITAL, level=1)
    assert chuanyu(regions, hospital=small).eligible
    assert "institution_level" in codes(chuanyu(regions, hospital=small, evaluations=()))


def test_no_list_no_label(regions: Regions) -> None:
    by_region = {each.region_id: each for each in regions.decide(STUDY, HOSPITAL, [PASSED], TODAY)}
    for region_id in ("beijing", "jingjinji", "national"):
        assert "no_list" in codes(by_region[region_id])
    older = chuanyu(regions, replace(STUDY, performed_on=date(2025, 9, 28)))
    assert "no_list" in codes(older)


def test_the_widest_region_wins(regions: Regions) -> None:
    decisions = regions.decide(STUDY, HOSPITAL, [PASSED], TODAY)
    assert [each.region_id for each in decisions] == ["national", "jingjinji", "chuanyu", "beijing"]
    chosen = best(decisions)
    assert chosen and chosen.region_id == "chuanyu"
    chosen = best([replace(each, eligible=True) for each in decisions])
    assert chosen and chosen.mark == "HR"
    assert best([]) is None


def test_window_and_refusals_come_from_the_standard(regions: Regions) -> None:
    now, before = regions.region("chuanyu", TODAY), regions.region("chuanyu", date(2025, 1, 1))
    assert now and before
    assert (now.window_days, before.window_days) == (30, 90)
    assert len(regions.refusals("chuanyu")) == 11
    assert regions.marks == ("JJJHR", "川渝 HR", "BJHR", "HR")


def test_an_unknown_region_is_named(regions: Regions) -> None:
    with pytest.raises(InvalidInput, match="'mars' is not configured; known: national"):
        regions.region("mars", TODAY)


def test_a_site_adds_a_region_by_one_file(tmp_path: Path) -> None:
    config = copied(tmp_path)
    text = (config / "regions/beijing.toml").read_text(encoding="utf-8")
    text = text.replace('"beijing"', '"guangxi"').replace("BJHR", "广西HR").replace("rank = 10", "rank = 11")
    text = text.replace("items = []", 'items = [{ number = 1, printed = ["CT", "胸部", "胸部CT平扫"] }]')
    (config / "regions/guangxi.toml").write_text(text, encoding="utf-8")
    regions = Regions.load(config)
    evaluated = replace(PASSED, region_id="guangxi", item_number=1)
    chosen = best(regions.decide(STUDY, replace(HOSPITAL, regions=("guangxi",)), [evaluated], TODAY))
    assert chosen and chosen.mark == "广西HR"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rank = 10", "rank = 20", "rank 20 is that of 'beijing'|rank 20 is that of 'chuanyu'"),
        ('region_id = "beijing"', 'region_id = "chuanyu"', "stands in"),
        ("[conditions.item]", "[conditions.itme]", r"beijing\.toml:\d+: conditions\.itme: unknown"),
        ("pass_score = 3", "pass_mark = 3", r"conditions\.image_score\.pass_mark: unknown key"),
        ("items = []", 'items = [{ number = 1, printed = ["CT", "肺尖", "肺尖 CT 平扫"] }]', "肺尖"),
        (
            "items = []",
            "items = []\nvalid_from = 2026-02-01\nvalid_to = 2026-01-01",
            "valid_to lies before valid_from",
        ),
    ],
)
def test_a_mistake_is_named_with_file_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    config = copied(tmp_path)
    path = config / "regions/beijing.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        Regions.load(config)


def copied(tmp_path: Path) -> Path:
    config = tmp_path / "config"
    shutil.copytree(CONFIG / "regions", config / "regions")
    shutil.copy(CONFIG / "exam_items.toml", config)
    return config
