"""The page of DB50 7.1, and the note on every page before a limit is broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, WebHouse, web_house

from plugin.domain.order import ImagingOrder, PatientClass
from plugin.domain.patient import Patient
from plugin.domain.people import Role
from plugin.domain.report import Exam, Report, ReportStatus

PATIENT = Patient(patient_id="P1", assigning_authority="H001", name="张三", sex="M", age="72Y")
# The house's clock stands at 2026-06-01 16:00 in Shanghai.
LATE = Report(
    patient=PATIENT,
    exam=Exam(
        accession_number="A1", modality="CT", exam_item="头颅CT平扫", performed_at="2026-06-01 10:00:00"
    ),
    reported_at="2026-06-01 14:30:00",
    findings="颅内未见异常。",
    impression="未见异常。",
    delivered=frozenset({"patient.patient_id", "patient.age", "findings", "impression"}),
)
WAITING = replace(
    LATE,
    exam=replace(LATE.exam, accession_number="A2", performed_at="2026-06-01 14:10:00"),
    status=ReportStatus.PRELIMINARY,
)


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        for report in (LATE, WAITING):
            order = ImagingOrder(
                patient=PATIENT,
                accession_number=report.exam.accession_number,
                modality="CT",
                exam_item="头颅CT平扫",
                patient_class=PatientClass.EMERGENCY,
            )

            def keep(uow, order=order, report=report) -> None:
                uow.exams.save_order(order, frozenset({"exam_item", "modality"}), None)
                uow.reports.save(report, (), source="oru", at=clock(), rulebook="1")

            built.store.write(keep)
        built.person("qc", Role.QC_STAFF)
        built.person("ward", Role.CLINICIAN)
        yield built


def page(house: WebHouse, login: str, path: str = "/console/data_quality") -> str:
    return house.signed_in(login).get(path, base_url=BASE).text


def test_the_figures_stand_beside_their_cases(house: WebHouse) -> None:
    shown = page(house, "qc")
    assert "用时4.5小时，时限2.0小时" in shown
    assert '<a href="/console/exams/A1">A1</a>' in shown
    for text in ("报告及时性", "一致性", "检查阳性标记", "患者诉求信息", "连续性", "不可测"):
        assert text in shown, text
    assert "张三" not in shown


def test_what_is_about_to_be_late_is_said_on_the_page_and_noted_on_every_other(house: WebHouse) -> None:
    assert "距报告时限还有10分钟" in page(house, "qc")
    assert "1 项检查的报告将超时" in page(house, "qc", "/console/exams")
    assert "将超时" not in page(house, "ward", "/console/alerts")


def test_another_month_is_empty_and_no_month_is_refused(house: WebHouse) -> None:
    assert "2026-05 共 0 项检查" in page(house, "qc", "/console/data_quality?month=2026-05")
    assert house.signed_in("qc").get("/console/data_quality?month=x", base_url=BASE).status_code == 400
