"""Feedback among peers on its pages: given, amended, shown to the person, listed without names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from flask.testing import FlaskClient
from web_house import BASE, REPORT, WebHouse, web_house

from plugin.domain.people import Role
from plugin.domain.staff import StaffMember, StaffRole

PEER = "/console/peer_learning/peer_learning/A1"


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock, p=0.0) as built:
        body = {"event_id": "e1", "action": "verify", "accession_number": "A1", "report": REPORT}
        signer = {"id": "D7", "name": "王五", "role": "senior"}
        built.call("POST", "/hooks/report-sign", {**body, "signer": signer})
        for staff_id in ("S1", "S2"):
            senior = StaffMember(staff_id=staff_id, name=f"专家{staff_id}", role=StaffRole.SENIOR)
            built.store.write(lambda uow, senior=senior: uow.staff.save(senior))
        built.person("qc", Role.QC_STAFF, staff_id="Q1")
        yield built


def post(house: WebHouse, browser: FlaskClient, path: str, **fields: object) -> int:
    data = {"csrf": house.csrf(browser), **fields}
    return browser.post(path, data=data, base_url=BASE).status_code


def test_a_colleague_leaves_feedback_without_a_score(house: WebHouse) -> None:
    house.person("wang", Role.RADIOLOGIST, staff_id="S1")
    doctor = house.signed_in("wang")
    assert PEER in doctor.get("/console/exams/A1", base_url=BASE).text
    blank = doctor.get(PEER, base_url=BASE).text
    for text in ("优秀病例", "学习机会：感知", "讨论病例", "不评分"):
        assert text in blank
    refused = doctor.post(PEER, data={"csrf": house.csrf(doctor), "about": "0"}, base_url=BASE)
    assert refused.status_code == 422
    assert "choose one category" in refused.text
    words = {"about": "0", "r.PEER-K2": "=结节旁另有一枚，李四请再看", "comment": "<b>谢谢</b>"}
    assert post(house, doctor, PEER, **words) == 303
    shown = doctor.get("/console/exams/A1", base_url=BASE).text
    assert "结节旁另有一枚，○○请再看" in shown
    assert "&lt;b&gt;谢谢" in shown
    amend = shown.split(f"{PEER}?amends=", 1)[1].split('"', 1)[0]
    assert "李四请再看" in doctor.get(f"{PEER}?amends={amend}", base_url=BASE).text, "his own words, to amend"
    assert post(house, doctor, PEER, **words, amends=amend, **{"c.PEER-K6": "1"}) == 303
    assert post(house, doctor, PEER, **words, amends=amend) == 409

    house.person("li", Role.RADIOLOGIST, staff_id="D1")
    author = house.signed_in("li")
    own = author.get("/console/peer_learning", base_url=BASE).text
    assert "结节旁另有一枚" in own
    assert "讨论病例" in own
    assert "学习会" not in own, "no role in the staff table: his own feedback alone"
    assert author.get("/console/peer_learning.csv", base_url=BASE).status_code == 403
    assert author.get(PEER, base_url=BASE).status_code == 403
    assert "同行给您的学习反馈" in author.get("/console/notices", base_url=BASE).text
    assert "漏诊" not in author.get("/console/corrections", base_url=BASE).text
    assert not house.store.read(lambda uow: list(uow.reviews.corrections()))


def test_the_meetings_list_is_anonymous_and_keeps_blind_readings_closed(house: WebHouse) -> None:
    house.person("wang", Role.RADIOLOGIST, staff_id="S1")
    doctor, overseer = house.signed_in("wang"), house.signed_in("qc")
    words = {"about": "0", "c.PEER-K1": "1", "r.PEER-K1": "=李四看得细"}
    assert post(house, overseer, PEER, **words) == 303
    (kept,) = house.store.read(lambda uow: uow.department_sheets.of_form("peer_learning"))
    where = "/console/peer_learning"
    listed = doctor.get(where, base_url=BASE).text
    assert "○○看得细" in listed
    assert "李四" not in listed
    csv = doctor.get(where + ".csv", base_url=BASE).data.decode("utf-8-sig")
    assert '"\'=○○看得细"' in csv
    assert "李四" not in csv
    assert doctor.get(where + ".json", base_url=BASE).json["同行学习反馈"][0]["检查号"] == "A1"
    assert doctor.get(where + ".xlsx", base_url=BASE).data[:2] == b"PK"
    assert doctor.get(where + ".pdf", base_url=BASE).status_code == 400
    assert doctor.get(where + ".csv?named=1", base_url=BASE).status_code == 403
    assert "李四" in overseer.get(where + ".csv?named=1", base_url=BASE).data.decode("utf-8-sig")
    assert "李四" in overseer.get(where + "?named=1", base_url=BASE).text
    assert house.signed_in("qc").get(f"/console/department/{kept.sheet_id}", base_url=BASE).status_code == 404

    asked = {"do": "double", "accession_number": "A1", "forms": ["report"]}
    assert post(house, overseer, "/console/review", **asked) == 303
    assert doctor.get(PEER, base_url=BASE).status_code == 403
    assert post(house, doctor, PEER, **words) == 403
    assert "看得细" not in doctor.get(where, base_url=BASE).text
    assert "看得细" not in doctor.get(where + ".csv", base_url=BASE).data.decode("utf-8-sig")
    house.person("tech", Role.TECHNICIAN, staff_id="T1")
    technician = house.signed_in("tech")
    assert "peer_learning" not in technician.get("/console/exams/A1", base_url=BASE).text
    assert technician.get(where, base_url=BASE).status_code == 403
