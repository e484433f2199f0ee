"""Pages of review, corrections, teaching and staff over a real store."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from conftest import StoppedClock
from flask.testing import FlaskClient
from web_house import BASE, REPORT, WebHouse, hidden, web_house

from plugin.domain.people import Role
from plugin.domain.review import CorrectionState
from plugin.domain.staff import StaffMember, StaffRole

SENIORS = ("S1", "S2", "S3")


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock, p=0.0) as built:
        body = {"event_id": "e1", "action": "verify", "accession_number": "A1", "report": REPORT}
        built.call(
            "POST", "/hooks/report-sign", {**body, "signer": {"id": "D7", "name": "王五", "role": "senior"}}
        )
        for staff_id in SENIORS:
            built.store.write(
                lambda uow, staff_id=staff_id: uow.staff.save(
                    StaffMember(staff_id=staff_id, name=f"专家{staff_id}", role=StaffRole.SENIOR)
                )
            )
        built.person("qc", Role.QC_STAFF, staff_id="Q1")
        yield built


def post(house: WebHouse, browser: FlaskClient, path: str, **fields: object) -> int:
    data = {"csrf": house.csrf(browser), **fields}
    return browser.post(path, data=data, base_url=BASE).status_code


def post_for(house: WebHouse, browser: FlaskClient, path: str) -> str:
    """Where a posted button leads."""
    return browser.post(path, data={"csrf": house.csrf(browser)}, base_url=BASE).location


def fill(house: WebHouse, where: str, **marks: str) -> None:
    """Fill the form of a ticket; its minute of undoing passes."""
    page = house.client().get(where, base_url=BASE).text
    data = {"form_token": hidden(page, "form_token"), **marks}
    assert house.client().post("/qc", data=data, base_url=BASE).status_code == 200
    house.clock.advance(minutes=2)
    submit = house.journeys.submit_score
    ids = [sheet.sheet_id for sheet in house.store.read(lambda uow: list(uow.sheets.for_exam("A1")))]
    house.store.write(lambda uow: submit.settling(uow, ids[:1]))


def score_actively(house: WebHouse, **marks: str) -> None:
    browser = house.signed_in("qc")
    data = {"csrf": house.csrf(browser), "do": "active", "accession_number": "A1", "forms": ["report"]}
    answer = browser.post("/console/review", data=data, base_url=BASE)
    assert answer.status_code == 303, answer.text
    fill(house, answer.location, **marks)


def test_an_examination_is_scored_from_our_page_and_amended(house: WebHouse) -> None:
    score_actively(house)
    browser = house.signed_in("qc")
    page = browser.get("/console/review?accession_number=A1", base_url=BASE).text
    assert "主动质控" in page
    sheet_id = hidden(page, "sheet_id")
    data = {"csrf": house.csrf(browser), "do": "amend", "sheet_id": sheet_id}
    answer = browser.post("/console/review", data=data, base_url=BASE)
    fill(house, answer.location, **{"m.RPT-C2": "1", "r.RPT-C2": "缺大小"})
    assert "已被替代" in browser.get("/console/review?accession_number=A1", base_url=BASE).text


def test_a_session_is_picked_stepped_through_and_shown_large(house: WebHouse) -> None:
    browser = house.signed_in("qc")
    found = browser.get("/console/review?since=2026-05-30&modality=CT&unscored=1", base_url=BASE).text
    assert 'name="items" value="A1"' in found
    assert (
        'name="items"' not in browser.get("/console/review?since=2026-05-30&modality=MR", base_url=BASE).text
    )
    data = {
        "csrf": house.csrf(browser),
        "do": "session",
        "title": "六月晨会",
        "kind": "morning",
        "forms": ["report"],
        "items": ["A1"],
        "blind": "1",
    }
    session = browser.post("/console/review", data=data, base_url=BASE).location
    shown = browser.get(session + "?presenter=1", base_url=BASE).text
    assert 'class="presenter"' in shown
    assert "0/1" in shown
    assert "李四" not in shown, "a blind session names nobody"
    answer = browser.post(session + "/1", data={"csrf": house.csrf(browser)}, base_url=BASE)
    form = house.client().get(answer.location, base_url=BASE)
    assert "李四" not in form.text
    again = browser.post(session + "/1", data={"csrf": house.csrf(browser)}, base_url=BASE)
    fill(house, again.location)
    assert "1/1" in browser.get(session, base_url=BASE).text
    assert post(house, browser, session + "/1") == 409
    assert browser.get("/console/review/none", base_url=BASE).status_code == 404


def test_double_reading_is_for_overseers(house: WebHouse) -> None:
    house.person("wang", Role.RADIOLOGIST, staff_id="S1")
    doctor = house.signed_in("wang")
    asked = {"do": "double", "accession_number": "A1", "forms": ["report"]}
    assert post(house, doctor, "/console/review", **asked) == 403
    browser = house.signed_in("qc")
    assert post(house, browser, "/console/review", **asked) == 303
    page = browser.get("/console/review?accession_number=A1", base_url=BASE).text
    assert "双评" in page
    assert "专家S1" in page
    held = doctor.get("/console/held", base_url=BASE).text
    assert "A1" in held, "the reader finds it in his list"


def test_who_reads_blind_finds_no_names_elsewhere(house: WebHouse) -> None:
    house.person("wang", Role.RADIOLOGIST, staff_id="S1")
    doctor, overseer = house.signed_in("wang"), house.signed_in("qc")
    pages = ("/console/exams/A1", "/console/sr?accession_number=A1")
    for page in pages:
        assert doctor.get(page, base_url=BASE).status_code == 200
    asked = {"do": "double", "accession_number": "A1", "forms": ["report"]}
    assert post(house, overseer, "/console/review", **asked) == 303
    for page in pages:
        refused = doctor.get(page, base_url=BASE)
        assert refused.status_code == 403
        assert "盲评" in refused.text
        assert "李四" not in refused.text
    assert overseer.get(pages[0], base_url=BASE).status_code == 200, "he reads nothing"
    chosen = doctor.get("/console/review?accession_number=A1", base_url=BASE).text
    assert "盲评" in chosen
    assert "/console/exams/A1" not in chosen
    reading = house.store.read(lambda uow: uow.reviews.open_of("S1"))[0]
    opened = post_for(house, doctor, f"/console/held/{reading.gate_id}/open")
    form = house.client().get(opened, base_url=BASE).text
    assert "评审：与报告放行无关" in form
    assert "到时自动放行" not in form
    token = {"form_token": hidden(form, "form_token")}
    done = house.client().post("/qc", data=token, base_url=BASE)
    assert "报告已放行" not in done.text
    assert doctor.get(pages[0], base_url=BASE).status_code == 200, "filed: nothing is hidden any more"


def test_a_blind_session_closes_its_examinations_until_they_are_scored(house: WebHouse) -> None:
    browser = house.signed_in("qc")
    data = {"csrf": house.csrf(browser), "do": "session", "title": "晨会", "kind": "morning"}
    data |= {"forms": ["report"], "items": ["A1"], "blind": "1"}
    session = browser.post("/console/review", data=data, base_url=BASE).location
    assert browser.get("/console/exams/A1", base_url=BASE).status_code == 403
    house.person("tech", Role.TECHNICIAN, staff_id="T1")
    assert house.signed_in("tech").get("/console/exams/A1", base_url=BASE).status_code == 200
    fill(house, post_for(house, browser, session + "/1"))
    assert browser.get("/console/exams/A1", base_url=BASE).status_code == 200
    browser.post("/console/review", data={**data, "title": "忘了"}, base_url=BASE)
    house.clock.advance(days=15)
    assert house.signed_in("qc").get("/console/exams/A1", base_url=BASE).status_code == 200


def test_a_failing_score_reaches_the_person_who_answers_and_objects(house: WebHouse) -> None:
    score_actively(house, **{"m.RPT-F1": "1", "r.RPT-F1": "漏诊"})
    house.person("li", Role.RADIOLOGIST, staff_id="D1")
    author = house.signed_in("li")
    page = author.get("/console/corrections", base_url=BASE).text
    assert "待整改" in page
    assert "<bdi>漏诊</bdi>" in page
    told = author.get("/console/notices", base_url=BASE).text
    assert "评分不合格，已发起整改" in told
    assert '<b class="unseen">1</b>' in told
    assert post(house, author, "/console/notices") == 303
    assert 'class="unseen"' not in author.get("/console/notices", base_url=BASE).text
    assert page.count("<bdi>漏诊</bdi>") == 2, "where it is answered, and in the list of scores"
    number, sheet_id = hidden(page, "correction_id"), hidden(page, "sheet_id")
    path = "/console/corrections"
    assert post(house, author, path, do="close", correction_id=number, note="x") == 403
    assert post(house, author, path, do="answer", correction_id=number, note="已补充报告") == 303
    overseer = house.signed_in("qc")
    page = overseer.get(path, base_url=BASE).text
    assert "已补充报告" in page
    assert "<bdi>漏诊</bdi>" in page
    assert post(house, overseer, path, do="close", correction_id=number, note="确认") == 303
    states = [each.state for each in house.store.read(lambda uow: uow.reviews.corrections())]
    assert states == [CorrectionState.CLOSED]
    assert post(house, author, path, do="object", sheet_id=sheet_id, note="已描述") == 303
    assert post(house, author, path, do="object", sheet_id=sheet_id, note="已描述") == 409
    assert "复评中" in author.get(path, base_url=BASE).text
    house.person("other", Role.RADIOLOGIST, staff_id="D2")
    assert "漏诊" not in house.signed_in("other").get(path, base_url=BASE).text


def test_a_teaching_session_from_the_list_to_the_feedback(house: WebHouse) -> None:
    resident = StaffMember(staff_id="R1", name="住院医师甲", role=StaffRole.RESIDENT)
    house.store.write(lambda uow: uow.staff.save(resident))
    house.person("teacher", Role.RADIOLOGIST, staff_id="S1")
    house.person("resident", Role.RADIOLOGIST, staff_id="R1")
    house.person("other", Role.RADIOLOGIST, staff_id="D2")
    house.clock.advance(minutes=1)
    teacher = house.signed_in("teacher")
    listed = teacher.get("/console/teaching?resident_id=R1", base_url=BASE).text
    assert "住院医师甲" in listed
    assert 'value="A1"' in listed
    plan = {
        "resident_id": "R1",
        "accession_number": "A1",
        "disease": "肺结节",
        "place": "阅片室",
        "starts_at": "2026-06-20T09:00",
    }
    assert post(house, teacher, "/console/teaching", **plan) == 303
    announced = house.signed_in("resident").get("/console/teaching", base_url=BASE).text
    for text in ("肺结节", "阅片室", "2026-06-20 09:00"):
        assert text in announced
    path = "/console/teaching/" + announced.split("/console/teaching/", 1)[1].split('"', 1)[0]
    stages = {f"p.TEACH-P{n}": "4" for n in range(1, 6)}
    told = {**stages, "r.TEACH-P3": "重要阴性征象未提", "minutes": "40", "do": "record"}
    assert post(house, house.signed_in("resident"), path, **told) == 403
    assert post(house, teacher, path, **told) == 303
    feedback = house.signed_in("resident").get(path, base_url=BASE).text
    assert "20/25" in feedback
    assert "重要阴性征象未提" in feedback
    assert house.signed_in("other").get(path, base_url=BASE).status_code == 404


def test_the_staff_table_is_kept_and_imported(house: WebHouse) -> None:
    house.person("chief", Role.SYSTEM_ADMIN)
    browser = house.signed_in("chief")
    one = {"do": "save", "staff_id": "D1", "name": "李四", "role": "attending", "licensed": "on"}
    assert post(house, browser, "/console/staff", **one) == 303
    wrong = {"do": "import", "csv": "staff_id,name,role\nD2,某,wizard\n"}
    assert post(house, browser, "/console/staff", **wrong) == 200
    good = {"do": "import", "csv": "工号,姓名,角色\nD2,某甲,主治医师\n"}
    assert post(house, browser, "/console/staff", **good) == 303
    data = {
        "csrf": house.csrf(browser),
        "file": (BytesIO("工号,姓名,角色\nD3,某乙,wizard\nD4,,技师\n".encode("gb18030")), "人员.csv"),
    }
    said = browser.post(
        "/console/staff/file", data=data, base_url=BASE, content_type="multipart/form-data"
    ).text
    for told in ("2 处有误", "line 2", "line 3: lacks name"):
        assert told in said
    members = house.store.read(lambda uow: {m.staff_id: m for m in uow.staff.all()})
    assert (members["D1"].licensed, members["D2"].role) == (True, StaffRole.ATTENDING)
    assert post(house, browser, "/console/staff", do="remove", staff_id="D2") == 303
    assert post(house, browser, "/console/staff", do="remove", staff_id="D2") == 200


def test_who_signs_is_checked_against_the_staff_table(house: WebHouse) -> None:
    unlicensed = StaffMember(staff_id="D7", name="王五", role=StaffRole.ATTENDING, first_stage=True)
    house.store.write(lambda uow: uow.staff.save(unlicensed))
    signer = {"id": "D7", "name": "王五", "role": "senior"}
    body = {
        "event_id": "e2",
        "action": "verify",
        "accession_number": "A2",
        "report": REPORT,
        "signer": signer,
    }
    answer = house.call("POST", "/hooks/report-sign", body).json
    assert answer["decision"] == "release", "it is shown, and holds nothing back"
    assert [i["section"] for i in answer["issues"] if i["rule"] == "signer_not_licensed"] == ["record"]


def test_the_departments_sheet_is_filled_kept_amended_and_taken_along(house: WebHouse) -> None:
    house.person("head", Role.HEAD, staff_id="H1")
    browser, path = house.signed_in("head"), "/console/department/fill/department_b1"
    blank = browser.get(path, base_url=BASE).text
    for text in ("抽查3个月内10份", "无相应规范及制度不得分", "低于 21 分"):
        assert text in blank
    full = {"B1-P1": 2, "B1-P2": 2, "B1-P3": 2, "B1-P4": 2, "B1-P5": 2, "B1-P6": 10, "B1-P7": 10}
    days = {"first_day": "2026-03-01", "last_day": "2026-05-31"}

    def keep(points: dict[str, int], **more: str) -> tuple[int, str]:
        data = {"csrf": house.csrf(browser), **days, **{f"p.{k}": str(v) for k, v in points.items()}, **more}
        answer = browser.post(path, data=data, base_url=BASE)
        return answer.status_code, answer.location or answer.text

    status, said = keep({**full, "B1-P7": 1})
    assert status == 422
    assert "扣分需要写明理由" in said
    assert 'value="2026-03-01"' in said, "what was typed stays"
    assert keep(full, last_day="2027-01-01")[0] == 422
    assert keep({**full, "B1-P1": 1}, **{"r.B1-P1": "半分"})[0] == 422, "2 points or none"
    status, where = keep({**full, "B1-P6": 9, "B1-P7": 0}, **{"r.B1-P6": "一例", "r.B1-P7": "=1+1"})
    assert status == 303
    shown = browser.get(where, base_url=BASE).text
    for text in ("21", "合格", "一例", "合计得分"):
        assert text in shown
    csv = browser.get(where + ".csv", base_url=BASE).data.decode("utf-8-sig")
    assert '"\'=1+1"' in csv
    assert browser.get(where + ".xlsx", base_url=BASE).data[:2] == b"PK"
    assert browser.get(where + ".pdf", base_url=BASE).status_code == 400
    sheet_id = where.rsplit("/", 1)[1]
    assert 'value="9"' in browser.get(f"{path}?amends={sheet_id}", base_url=BASE).text
    assert keep(full, amends=sheet_id)[0] == 303
    assert keep(full, amends=sheet_id)[0] == 409, "two tabs: the second finds it replaced"
    listed = browser.get("/console/department", base_url=BASE).text
    assert "30/30" in listed
    assert "已被替代" in listed
    overseer = house.signed_in("qc")
    assert overseer.get(where, base_url=BASE).status_code == 200
    assert overseer.get(path, base_url=BASE).status_code == 403, "QC staff may see it, not fill it"
    house.person("doctor", Role.RADIOLOGIST, staff_id="D9")
    assert house.signed_in("doctor").get("/console/department", base_url=BASE).status_code == 403
