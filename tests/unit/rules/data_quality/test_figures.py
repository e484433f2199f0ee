"""DB50 7.1: figures with the cases behind them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugin.domain.data_quality import Figure, StudyRecord
from plugin.rules.data_quality.figures import DataQualityRules, figures, near_break
from plugin.rules.data_quality.times import falling_silent, moment, running_out

CONFIG = Path(__file__).resolve().parents[4] / "config"
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
WHOLE = {
    "order.clinical_diagnosis": "头晕", "order.history": "头晕3天", "order.purpose": "排查", "order.exam_item": "头颅CT平扫",
    "order.modality": "CT", "order.patient_id": "P1", "order.patient_name": "张三",
    "patient.patient_id": "P1", "patient.name": "张三", "patient.sex": "M", "patient.age": "72Y", "patient.birth_date": "1954-01-02",
    "exam.accession_number": "A1", "exam.performed_at": "2026-06-01 08:00:00", "exam.technician": "李四", "exam.device": "CT01",
    "exam.exam_item": "头颅CT平扫", "exam.body_part": "头部", "exam.modality": "CT", "exam.technique": "平扫",
    "report.findings": "未见异常", "report.impression": "未见异常", "report.verifier": "王五", "report.abnormal_flag": "N",
    "report.status": "F", "report.reported_at": "2026-06-01 10:00:00", "image.patient_id": "P1", "image.modality": "CT",
}  # fmt: skip
STUDY = StudyRecord(
    accession_number="A1",
    modality="CT",
    fields=WHOLE,
    performed_at=NOW - timedelta(hours=4),
    reported_at=NOW - timedelta(hours=2),
    reported=True,
    uploaded_at=NOW - timedelta(hours=3, minutes=30),
)


@pytest.fixture(scope="module")
def rules() -> DataQualityRules:
    return DataQualityRules.read(CONFIG)


def figure(rules: DataQualityRules, text: str, *records: StudyRecord) -> Figure:
    return next(each for each in figures(rules, records, NOW) if each.text == text)


def test_a_sound_study_meets_everything_that_can_be_measured(rules: DataQualityRules) -> None:
    found = figures(rules, [STUDY], NOW)
    assert {each.met for each in found} == {True, None}
    unmeasured = {each.text for each in found if each.met is None}
    assert unmeasured == {"检查前准备信息", "护理准备评估信息"}
    assert sum(each.name == "completeness" for each in found) == 11
    assert sum(each.name == "accuracy" for each in found) == 8


@pytest.mark.parametrize(
    ("kind", "modality", "hours", "met"),
    [
        ("emergency", "DX", 0.4, True),
        ("emergency", "DX", 0.5, False),
        ("emergency", "CT", 1.9, True),
        ("emergency", "MR", 2.0, False),
        ("routine", "CT", 23.9, True),
        ("routine", "MR", 24.0, False),
        ("routine", "DX", 500, None),
        ("special", "CT", 47, True),
        ("special", "CT", 48, False),
    ],
)
def test_limits(rules: DataQualityRules, kind, modality: str, hours: float, met: bool | None) -> None:
    performed = NOW - timedelta(hours=600)
    record = replace(
        STUDY,
        kind=kind,
        modality=modality,
        performed_at=performed,
        reported_at=performed + timedelta(hours=hours),
    )
    assert figure(rules, "报告及时性", record).met is met


def test_no_report_yet_is_late_only_after_the_limit(rules: DataQualityRules) -> None:
    waiting = replace(
        STUDY, kind="emergency", reported_at=None, reported=False, performed_at=NOW - timedelta(minutes=100)
    )
    assert figure(rules, "报告及时性", waiting).measured == 0
    assert [
        (each.kind, each.accession_number, each.text)
        for each in running_out(rules.timeliness, [waiting], NOW)
    ] == [("report", "A1", "距报告时限还有20分钟")]
    late = replace(waiting, performed_at=NOW - timedelta(hours=3))
    assert "尚无报告" in figure(rules, "报告及时性", late).cases[0][1]
    assert not list(running_out(rules.timeliness, [late, STUDY], NOW))


def test_upload_within_an_hour(rules: DataQualityRules) -> None:
    late = replace(STUDY, uploaded_at=NOW - timedelta(hours=2))
    assert figure(rules, "上传及时性", STUDY, late).share == 0.5


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("image.patient_id", "P2", "患者ID"),
        ("patient.name", "王五", "患者姓名"),
        ("image.modality", "MR", "检查类别"),
    ],
)
def test_consistency(rules: DataQualityRules, field: str, value: str, text: str) -> None:
    other = replace(STUDY, fields={**WHOLE, field: value})
    found = figure(rules, "一致性", STUDY, other)
    assert (found.share, found.met) == (0.5, False)
    assert text in found.cases[0][1]
    assert figure(rules, "一致性", replace(STUDY, fields={**WHOLE, "image.modality": "ct"})).met


@pytest.mark.parametrize("value", ["", "  ", "--", "无", "/"])
def test_an_empty_or_placeholder_field_is_incomplete(rules: DataQualityRules, value: str) -> None:
    spoilt = replace(STUDY, fields={**WHOLE, "order.history": value})
    found = figure(rules, "检查申请单信息", spoilt)
    assert (found.met, found.cases) == (False, (("A1", "为空：申请单病史"),))
    total = next(each for each in figures(rules, [spoilt], NOW) if each.text == "完整性")
    assert total.share == pytest.approx(8 / 9) and total.met is False


def test_a_field_that_nobody_delivers_counts_for_nothing(rules: DataQualityRules) -> None:
    fields = {name: value for name, value in WHOLE.items() if not name.startswith("order.")}
    assert figure(rules, "检查申请单信息", replace(STUDY, fields=fields)).share is None


@pytest.mark.parametrize(
    ("field", "value", "group"),
    [
        ("patient.sex", "X1", "预约登记信息"),
        ("patient.age", "很老", "预约登记信息"),
        ("report.reported_at", "昨天", "影像检查结果发布信息"),
        ("order.modality", "照相", "医生检查申请信息"),
    ],
)
def test_accuracy(rules: DataQualityRules, field: str, value: str, group: str) -> None:
    found = figure(rules, group, replace(STUDY, fields={**WHOLE, field: value}))
    assert (found.met, found.cases) == (False, (("A1", f"内容不合规：{rules.names[field]}"),))


def test_continuity_counts_the_pause_that_lasts(rules: DataQualityRules) -> None:
    old = replace(STUDY, uploaded_at=NOW - timedelta(hours=30))
    assert figure(rules, "连续性", STUDY).met
    assert figure(rules, "连续性", old).met is False
    assert figure(rules, "连续性", old, STUDY).met is False
    assert figure(rules, "连续性").met is None


def test_a_report_of_unknown_time_is_neither_late_nor_missing(rules: DataQualityRules) -> None:
    untimed = replace(STUDY, reported_at=None, performed_at=NOW - timedelta(hours=50))
    assert figure(rules, "报告及时性", untimed).share is None
    assert not list(running_out(rules.timeliness, [untimed], NOW))


def test_upload_is_measured_only_where_images_pass_through_us(rules: DataQualityRules) -> None:
    elsewhere = replace(STUDY, uploaded_at=None)
    assert figure(rules, "上传及时性", elsewhere).share is None
    missing = figure(rules, "上传及时性", STUDY, replace(elsewhere, accession_number="A2"))
    assert missing.cases == (("A2", "尚未上传，已过4.0小时，时限1.0小时"),)


def test_an_image_not_on_its_way_is_told_before_its_hour_is_over(rules: DataQualityRules) -> None:
    fresh = replace(STUDY, accession_number="A2", uploaded_at=None, performed_at=NOW - timedelta(minutes=50))
    assert [(each.kind, each.text) for each in running_out(rules.timeliness, [STUDY, fresh], NOW)] == [
        ("upload", "距上传时限还有10分钟")
    ]


@pytest.mark.parametrize(("hours", "told"), [(18, False), (20, True), (24, False)])
def test_a_pause_is_told_before_it_is_too_long(rules: DataQualityRules, hours: float, told: bool) -> None:
    quiet = replace(STUDY, uploaded_at=NOW - timedelta(hours=hours))
    assert bool(list(falling_silent(rules.continuity, [quiet], NOW))) is told


def test_a_field_that_its_kin_bring_is_missing_where_it_does_not_come(rules: DataQualityRules) -> None:
    without = {name: value for name, value in WHOLE.items() if name != "exam.device"}
    some = [STUDY, STUDY, replace(STUDY, accession_number="A2", fields=without)]
    assert figure(rules, "技师采集操作信息", *some).cases == (("A2", "为空：检查设备"),)
    # One of another modality, or too few that bring it, prove nothing.
    assert figure(rules, "技师采集操作信息", STUDY, STUDY, replace(some[2], modality="MR")).share == 1
    assert figure(rules, "技师采集操作信息", STUDY, some[2], some[2]).share == 1


def test_a_contradiction_that_a_rule_found_counts(rules: DataQualityRules) -> None:
    found = figure(rules, "一致性", replace(STUDY, contradictions=("检查部位与报告内容",)))
    assert (found.share, found.cases) == (0.0, (("A1", "不一致：检查部位与报告内容"),))


def test_a_share_that_is_only_just_met_is_told(rules: DataQualityRules) -> None:
    poor = replace(STUDY, fields={**WHOLE, "order.history": ""})
    found = figures(rules, [STUDY] * 39 + [poor] * 17, NOW)
    total = next(each for each in found if each.text == "完整性")
    assert total.share and 0.95 <= total.share < 0.97
    close = [each.text for each in near_break(rules, found)]
    assert close == ([f"完整性{total.share:.1%}，接近下限95%"] if total.share < 0.96 else [])
    assert not list(near_break(rules, figures(rules, [STUDY], NOW)))


@pytest.mark.parametrize(
    ("printed", "hour"),
    [("2026-06-01 08:30:00", 8), ("20260601083000", 8), ("2026年6月1日 08:30", 8), ("2026-06-01T08:30:00+02:00", 6), ("20260601", None),
     ("2026-06-31 08:30", None), ("昨天", None)],
)  # fmt: skip
def test_times_as_printed(printed: str, hour: int | None) -> None:
    at = moment(printed, UTC)
    assert (at.astimezone(UTC).hour if at else None) == hour
