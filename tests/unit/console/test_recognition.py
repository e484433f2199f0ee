"""Pages of mutual recognition: who may, what is kept, what is shown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, WebHouse, web_house

from plugin.domain.patient import Patient
from plugin.domain.people import Role
from plugin.domain.recognition import CatalogueItem, Label, LabelDecision
from plugin.domain.report import Exam, Report
from plugin.workflow.ports.unit_of_work import UnitOfWork

AT = datetime(2026, 5, 20, tzinfo=UTC)
ITEM = CatalogueItem(number=94, modality="CT", body_part="胸部", name="胸部 CT 平扫", printed="胸部 CT 平扫")
TABLE = "编号,区域,机构,项目,设备,结论,有效期自,有效期至\nE1,chuanyu,LOCAL,94,,合格,2026-01-01,2026-05-31\n"


def earlier(uow: UnitOfWork) -> None:
    exam = Exam(
        accession_number="A1", modality="CT", exam_item="胸部CT平扫", performed_at="2026-05-20 08:00:00"
    )
    patient = Patient(patient_id="P1", assigning_authority="H001", name="张三")
    uow.reports.save(
        Report(patient=patient, exam=exam, impression="未见异常。"), (), source="oru", at=AT, rulebook="1"
    )
    decision = LabelDecision(region_id="chuanyu", mark="川渝 HR", eligible=True, item=ITEM)
    uow.labels.add(
        Label(label_id="L1", accession_number="A1", study_instance_uid="", decision=decision, decided_at=AT)
    )
    odd = Exam(accession_number="A2", modality="CT", exam_item="胸部CT体检套餐")
    uow.reports.save(Report(exam=odd), (), source="oru", at=AT, rulebook="1")


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        built.store.write(earlier)
        built.person("doctor", Role.CLINICIAN)
        built.person("qc", Role.QC_STAFF)
        built.person("system", Role.SYSTEM_ADMIN)
        yield built


def post(house: WebHouse, login: str, path: str, **fields: str) -> int:
    client = house.signed_in(login)
    return client.post(path, data={"csrf": house.csrf(client), **fields}, base_url=BASE).status_code


def page(house: WebHouse, login: str, path: str) -> str:
    return house.signed_in(login).get(path, base_url=BASE).text


def test_a_clinician_asks_and_cites(house: WebHouse) -> None:
    asked = {"patient_id": "P1", "assigning_authority": "H001", "exam_item": "CT胸部平扫"}
    assert post(house, "doctor", "/console/priors", **asked) == 303
    assert "测试医院" in page(house, "doctor", "/console/priors")
    (offer,) = house.store.read(lambda uow: uow.offers.recent())
    assert post(house, "doctor", f"/console/priors/{offer.offer_id}/accept") == 303
    shown = page(house, "doctor", "/console/priors")
    assert "【检查结果互认引用】" in shown
    assert "张三" not in shown


def test_a_refusal_says_why_and_that_it_was_explained(house: WebHouse) -> None:
    post(
        house,
        "doctor",
        "/console/priors",
        patient_id="P1",
        assigning_authority="H001",
        exam_item="CT胸部平扫",
    )
    (offer,) = house.store.read(lambda uow: uow.offers.recent())
    path = f"/console/priors/{offer.offer_id}/refuse"
    assert post(house, "doctor", path, reason="doubtful") == 400
    assert post(house, "doctor", path, reason="doubtful", explained_to="患者本人") == 303
    kept = house.store.read(lambda uow: uow.offers.get(offer.offer_id))
    assert kept.explanation.to == "患者本人"
    assert "对已有检查结果存疑的" in page(house, "doctor", "/console/priors")


def test_an_administrator_takes_evaluations_over_and_answers_names(house: WebHouse) -> None:
    assert post(house, "qc", "/console/recognition/evaluations", table=TABLE) == 303
    shown = page(house, "qc", "/console/recognition")
    assert "E1" in shown
    assert "已到期" in shown
    assert "胸部CT体检套餐" in shown
    answer = {"region": "chuanyu", "exam_item": "胸部CT体检套餐", "item_number": "94"}
    assert post(house, "qc", "/console/recognition/names", **answer) == 303
    assert house.store.read(lambda uow: uow.labels.answers()) == {("chuanyu", "胸部CT体检套餐"): 94}
    assert 'value="胸部CT体检套餐"' not in page(house, "qc", "/console/recognition")


@pytest.mark.parametrize("fields", [{"item_number": "999"}, {"item_number": "x"}, {"region": "nowhere"}])
def test_a_wrong_answer_is_refused(house: WebHouse, fields: dict[str, str]) -> None:
    answer = {"region": "chuanyu", "exam_item": "套餐", "item_number": "94", **fields}
    assert post(house, "qc", "/console/recognition/names", **answer) == 400


def test_who_may(house: WebHouse) -> None:
    assert post(house, "doctor", "/console/recognition/evaluations", table=TABLE) == 403
    assert post(house, "system", "/console/priors", patient_id="P1", exam_item="x") == 403
    assert house.signed_in("system").get("/console/recognition", base_url=BASE).status_code == 200
