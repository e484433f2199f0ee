"""The page of names and codes: what does not keep to DB50 7.2, and a table looked at line by line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, WebHouse, web_house

from plugin.domain.people import Role
from plugin.domain.report import Exam, Report


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        for number, item in (("A1", "胸部CT平扫"), ("A2", "胸部CT"), ("A3", "胸部CT")):
            exam = Exam(
                accession_number=number, modality="CT", exam_item=item, performed_at="2026-06-01 08:00"
            )
            built.store.write(
                lambda uow, exam=exam: uow.reports.save(
                    Report(exam=exam), (), source="oru", at=clock(), rulebook="1"
                )
            )
        built.person("qc", Role.QC_STAFF)
        yield built


def test_names_that_say_too_little_are_listed_by_how_often_they_come(house: WebHouse) -> None:
    shown = house.signed_in("qc").get("/console/exam_codes", base_url=BASE).text
    assert "3 次检查中 1 次的名称和代码合规（33.3 %）" in shown
    assert "名称缺少检查方案" in shown
    assert "未载入 WS/T 364.8 代码表" in shown


def test_a_pasted_table_is_judged_line_by_line_and_not_kept(house: WebHouse) -> None:
    client = house.signed_in("qc")

    def pasted(table: str) -> str:
        data = {"csrf": house.csrf(client), "table": table}
        return client.post("/console/exam_codes", data=data, base_url=BASE).text

    wrong = pasted("代码,名称\nC1,胸部CT平扫\nC1,头部CT平扫\n,x\n")
    assert "第 3 行：" in wrong and "与第2行重复" in wrong and "第 4 行：" in wrong
    assert "代码表无误，共 1 条" in pasted("代码,名称\nC1,胸部CT平扫\n")
    assert "未载入 WS/T 364.8 代码表" in house.signed_in("qc").get("/console/exam_codes", base_url=BASE).text
