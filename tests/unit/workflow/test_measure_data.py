"""DB50 7.1 from messages and images that really came: HL7 in, figures out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from conftest import StoppedClock
from effort import steps
from stores import temporary_store

from plugin.domain.data_quality import Figure
from plugin.domain.fault import Fault
from plugin.domain.image import ImageFacts
from plugin.domain.issue import Issue, Section, Severity
from plugin.domain.order import ImagingOrder, OrderStatus, PatientClass
from plugin.domain.patient import Patient
from plugin.domain.report import Exam, Report, ReportStatus
from plugin.rules.data_quality.figures import DataQualityRules
from plugin.store.store import SqlStore
from plugin.workflow.measure_data import DataView, MeasureData, WatchData
from plugin.workflow.ports.surroundings import Surroundings

CONFIG = Path(__file__).resolve().parents[3] / "config"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PATIENT = Patient(patient_id="P1", assigning_authority="H001", name="张三", sex="M", age="72Y")
ORDER = ImagingOrder(
    patient=PATIENT,
    accession_number="A1",
    modality="CT",
    exam_item="头颅CT平扫",
    clinical_diagnosis="头晕",
    history="头晕3天",
    purpose="排查",
    patient_class=PatientClass.EMERGENCY,
    ordered_at="2026-06-01 10:00:00",
)
ORDER_DELIVERED = frozenset(
    {
        "patient.patient_id",
        "patient.name",
        "modality",
        "exam_item",
        "clinical_diagnosis",
        "history",
        "purpose",
    }
)
REPORT = Report(
    patient=PATIENT,
    exam=Exam(
        accession_number="A1",
        modality="CT",
        exam_item="头颅CT平扫",
        performed_at="2026-06-01 10:10:00",
        technician="李四",
    ),
    findings="颅内未见异常。",
    impression="未见异常。",
    verifier="王五",
    reported_at="2026-06-01 11:00:00",
    abnormal_flags=("N",),
    delivered=frozenset(
        {
            *("patient.patient_id", "patient.name", "patient.sex", "patient.age", "exam.performed_at"),
            *("exam.technician", "exam.exam_item", "report.verifier", "report.reported_at"),
            *("findings", "impression"),
        }
    ),
)
IMAGE = ImageFacts(
    sop_instance_uid="1.2.3",
    series_instance_uid="1.2",
    patient_id="P1",
    accession_number="A1",
    modality="CT",
    acquired_at="20260601101000",
)


@pytest.fixture
def store(tmp_path: Path) -> SqlStore:
    with temporary_store(tmp_path) as opened:
        yield opened


@pytest.fixture
def measure() -> MeasureData:
    clock = StoppedClock(NOON)
    return MeasureData(
        rules=DataQualityRules.read(CONFIG), around=Surroundings(clock=clock, mint=None, zone=UTC)
    )


def keep(store: SqlStore, order=None, report=None, image=None, issues=(), at=NOON) -> None:
    def work(uow) -> None:
        if order:
            uow.exams.save_order(order, ORDER_DELIVERED, None)
        if report:
            uow.reports.save(report, issues, source="oru", at=at, rulebook="1")
        if image:
            uow.images.add(image.accession_number, image, at)

    store.write(work)


def view(store: SqlStore, measure: MeasureData) -> DataView:
    return store.read(lambda uow: measure.view(uow, NOON - timedelta(days=1), NOON + timedelta(days=1)))


def figure(found: DataView, text: str) -> Figure:
    return next(each for each in found.figures if each.text == text)


def test_a_study_with_order_report_and_images_meets_all_that_the_wire_can_tell(store, measure) -> None:
    keep(store, ORDER, REPORT, IMAGE, at=NOON - timedelta(hours=1, minutes=20))
    found = view(store, measure)
    assert found.studies == 1
    assert {each.text for each in found.figures if each.met is False} == set()
    for text in ("报告及时性", "上传及时性", "一致性", "完整性", "准确性", "连续性"):
        assert figure(found, text).met, text
    assert figure(found, "检查前准备信息").met is None


def test_an_emergency_head_reported_late_is_a_case_and_a_correction_does_not_make_it_later(
    store, measure
) -> None:
    keep(store, ORDER, replace(REPORT, reported_at="2026-06-01 11:50:00"))
    keep(
        store,
        report=replace(
            REPORT, status=ReportStatus.CORRECTED, impression="脑出血。", reported_at="2026-06-01 11:59:00"
        ),
    )
    assert figure(view(store, measure), "报告及时性").met
    keep(store, replace(ORDER, accession_number="A2"))
    keep(
        store,
        report=replace(
            REPORT,
            exam=replace(REPORT.exam, accession_number="A2", performed_at="2026-06-01 08:00:00"),
            reported_at="2026-06-01 10:30:00",
        ),
    )
    late = figure(view(store, measure), "报告及时性")
    assert late.cases == (("A2", "用时2.5小时，时限2.0小时"),)


def test_a_preliminary_report_is_no_report(store, measure) -> None:
    keep(store, ORDER, replace(REPORT, status=ReportStatus.PRELIMINARY))
    alarms = view(store, measure).alarms
    assert [(each.kind, each.accession_number, each.text) for each in alarms] == [
        ("report", "A1", "距报告时限还有10分钟")
    ]


def test_images_alone_say_when_the_examination_was_and_whose_it_is(store, measure) -> None:
    keep(store, ORDER, image=IMAGE)
    keep(store, image=replace(IMAGE, sop_instance_uid="1.2.4", patient_id="P2"))
    found = view(store, measure)
    assert [each.kind for each in found.alarms] == ["report"]
    assert figure(found, "一致性").cases == (("A1", "不一致：患者ID"),)
    assert figure(found, "上传及时性").cases == (("A1", "上传用时1.8小时，时限1.0小时"),)


def test_an_image_sent_again_or_computed_later_is_no_late_upload(store, measure) -> None:
    keep(store, ORDER, REPORT, IMAGE, at=NOON - timedelta(hours=1, minutes=20))
    keep(store, image=IMAGE, at=NOON)
    keep(store, image=replace(IMAGE, sop_instance_uid="1.2.9", image_type=("DERIVED",)), at=NOON)
    assert figure(view(store, measure), "上传及时性").met


def test_what_the_checks_of_reports_found_counts_as_inconsistent(store, measure) -> None:
    issue = Issue(
        rule="body_part_mismatch",
        severity=Severity.ERROR,
        section=Section.FINDINGS,
        start=0,
        end=1,
        text="颅",
        message="…",
        clause="…",
    )
    keep(store, ORDER, REPORT, issues=(issue,))
    assert "检查部位" in figure(view(store, measure), "一致性").cases[0][1]


def test_cancelled_examinations_are_left_out(store, measure) -> None:
    keep(store, replace(ORDER, status=OrderStatus.CANCELLED))
    keep(
        store,
        report=replace(
            REPORT, exam=replace(REPORT.exam, accession_number="A2"), status=ReportStatus.CANCELLED
        ),
    )
    assert view(store, measure).studies == 0


def test_the_banner_counts_and_names_nobody(store, measure) -> None:
    keep(store, ORDER, image=IMAGE, at=NOON - timedelta(minutes=70))
    watch = WatchData(measure=measure, read=store.read)
    (line,) = watch.faults()
    assert line == Fault("reports_late", {"count": 1})
    keep(store, report=REPORT)
    assert watch.faults() == (line,), "asked again only after a minute"
    measure.around.clock.advance(minutes=2)
    assert watch.faults() == ()


def test_ten_times_the_studies_cost_ten_times_the_work(store, measure) -> None:
    def cost(studies: int, first: int) -> int:
        store.write(lambda uow: many(uow, first, studies))
        return store.read(lambda uow: steps(lambda: viewed(uow, studies)))

    def viewed(uow, studies: int) -> None:
        found = measure.view(uow, NOON - timedelta(days=1), NOON + timedelta(days=1))
        assert found.studies == studies

    def many(uow, first: int, last: int) -> None:
        for number in range(first, last):
            accession = f"B{number}"
            uow.exams.save_order(replace(ORDER, accession_number=accession), ORDER_DELIVERED, None)
            exam = replace(REPORT.exam, accession_number=accession)
            uow.reports.save(replace(REPORT, exam=exam), (), source="oru", at=NOON, rulebook="1")

    few = cost(100, 0)
    assert cost(1000, 100) < 11 * few
