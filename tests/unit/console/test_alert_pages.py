"""Critical values on the console: the ward, the trail, the register, the banner, the exercise."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT, StoppedClock
from web_house import BASE, REPORT, WebHouse, hidden, web_house

from plugin.domain.critical import NOBODY_LEFT, Alert, AlertState
from plugin.domain.people import Role

BLEEDING = {
    **REPORT,
    "patient": {**REPORT["patient"], "name": "=HYPERLINK(1)"},
    "findings": "右侧基底节区见团块状高密度影。",
    "impression": "右侧基底节区脑出血。",
}


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


def raised(house: WebHouse) -> Alert:
    house.hold(1, report=BLEEDING)
    (alert,) = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    return alert


def post(house: WebHouse, who: str, path: str, **fields: str):
    browser = house.signed_in(who)
    return browser.post(path, data={"csrf": house.csrf(browser), **fields}, base_url=BASE)


def state(house: WebHouse, alert: Alert) -> Alert:
    found = house.store.read(lambda uow: uow.alerts.get(alert.alert_id))
    assert found is not None
    return found


def test_the_value_is_picked_or_typed_and_a_wrong_one_refused(house: WebHouse) -> None:
    alert = raised(house)
    house.person("nurse", Role.CLINICIAN)
    path = f"/console/alerts/{alert.alert_id}"
    page = house.signed_in("nurse").get(path, base_url=BASE).text
    offered = page.split('name="picked">', 1)[1].split("</select>", 1)[0]
    assert offered.count("<option") == 5
    assert alert.finding.name in offered
    wrong = post(house, "nurse", path, do="acknowledge", picked="急性肺栓塞")
    assert wrong.status_code == 400
    assert "复述的内容与通知的危急值不一致" in wrong.text
    assert "没有填完整" in post(house, "nurse", path, do="decline", reason=" ").text
    assert post(house, "nurse", path, do="acknowledge", picked=alert.finding.name).status_code == 303
    assert state(house, alert).acknowledged_by == "nurse"


def test_the_page_of_a_value_says_whose_it_is_and_takes_all_that_the_list_takes(house: WebHouse) -> None:
    alert = raised(house)
    house.person("nurse", Role.CLINICIAN)
    path = f"/console/alerts/{alert.alert_id}"
    page = house.signed_in("nurse").get(path, base_url=BASE).text
    for fact in (BLEEDING["patient"]["name"], "P1", "呼吸科", "胸部CT平扫"):
        assert f"<bdi>{fact}</bdi>" in page
    assert post(house, "nurse", path, do="decline", reason="已转科", back="alert").location == path
    house.store.write(lambda uow: house.journeys.alerts.withdraw(uow, alert.alert_id, "D7", "伪影"))
    late = post(house, "nurse", path, do="acknowledge", picked=alert.finding.name)
    assert late.status_code == 409
    assert "已由他人处理或已撤回" in late.text


def test_radiology_records_a_telephone_call_in_one_step_and_a_ward_cannot(house: WebHouse) -> None:
    alert = raised(house)
    house.person("nurse", Role.CLINICIAN)
    house.person("wang", Role.RADIOLOGIST)
    path = f"/console/alerts/{alert.alert_id}"
    call = {"do": "telephone", "receiver": "张三（值班医师）", "phone": "8102"}
    assert post(house, "nurse", path, **call).status_code == 400
    assert post(house, "wang", path, back="alert", **call).location == path
    page = house.signed_in("wang").get(path, base_url=BASE).text
    assert "经电话 8102" in page, "the sentence offered for the report"
    assert "<td>电话</td>" in page
    assert "经电话 8102" in house.signed_in("wang").get("/console/exams/A1", base_url=BASE).text


def test_an_alert_is_raised_by_hand_and_withdrawn(house: WebHouse) -> None:
    house.hold(1)
    house.person("wang", Role.RADIOLOGIST)
    answer = post(house, "wang", "/console/alerts", accession_number="A1", code="PE", text="右肺动脉主干栓塞")
    alerts = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    (alert,) = [each for each in alerts if each.finding.code == "PE"]
    assert answer.location == f"/console/alerts/{alert.alert_id}"
    assert post(house, "wang", "/console/alerts", accession_number="A7", code="PE").status_code == 404
    assert post(house, "wang", "/console/alerts", accession_number="A1").status_code == 400
    assert post(house, "wang", answer.location, do="withdraw", reason="伪影").status_code == 303
    assert state(house, alert).state is AlertState.REVOKED
    late = post(house, "wang", answer.location, do="acknowledge", read_back="PE")
    assert late.status_code == 409, "an acknowledgement after the revocation is refused"


def test_a_drill_is_marked_and_is_for_heads(house: WebHouse) -> None:
    house.person("wang", Role.RADIOLOGIST)
    house.person("head", Role.HEAD)
    assert post(house, "wang", "/console/alerts/drill").status_code == 403
    assert post(house, "head", "/console/alerts/drill").status_code == 303
    assert 'class="drill">演练' in house.signed_in("wang").get("/console/alerts", base_url=BASE).text


@pytest.mark.parametrize("role", list(Role))
def test_what_nobody_takes_stands_on_every_page_without_a_name(house: WebHouse, role: Role) -> None:
    alert = raised(house)
    desk = house.journeys.alerts
    for level in range(3):
        house.store.write(lambda uow, level=level: desk.chase.escalate(uow, alert.alert_id, level))
    assert state(house, alert).escalation_level == NOBODY_LEFT
    house.person("someone", role)
    browser = house.signed_in("someone")
    page = browser.get("/console/", base_url=BASE, follow_redirects=True).text
    banner = page.split('id="alarm"', 1)[1].split("</div>", 1)[0]
    assert "有 1 条危急值" in banner
    assert "HYPERLINK" not in banner
    assert browser.get("/console/alarm", base_url=BASE).json["standing"] == 1
    house.store.write(lambda uow: desk.acknowledge(uow, alert.alert_id, "N1", "ICH", "page"))
    assert browser.get("/console/alarm", base_url=BASE).json["lines"] == []


def test_the_trail_speaks_the_readers_language(house: WebHouse) -> None:
    alert = raised(house)
    desk = house.journeys.alerts
    for level in range(3):
        house.store.write(lambda uow, level=level: desk.chase.escalate(uow, alert.alert_id, level))
    house.store.write(lambda uow: desk.chase.remind(uow, alert.alert_id, 1))
    house.store.write(
        lambda uow: desk.chase.note_sent(uow, alert.alert_id, "ward_page+机器人", delivered=False)
    )
    house.person("wang", Role.RADIOLOGIST)
    browser = house.signed_in("wang")
    page = browser.get(f"/console/alerts/{alert.alert_id}", base_url=BASE).text
    for words in ("上报至第二联系人", "已无人可通知", "第 1 次再提醒", "病区页面、机器人", "逾期计时"):
        assert words in page
    browser.get("/console/language/en?next=/console/", base_url=BASE)
    english = browser.get(f"/console/alerts/{alert.alert_id}", base_url=BASE).text
    for words in ("climbs to the backup contact", "reminder 1", "ward page、机器人", "overdue timer"):
        assert words in english


def test_the_register_replaces_the_paper_book_and_no_cell_is_a_formula(house: WebHouse) -> None:
    alert = raised(house)
    house.person("wang", Role.RADIOLOGIST)
    post(
        house,
        "wang",
        f"/console/alerts/{alert.alert_id}",
        do="telephone",
        receiver="张三（值班医师）",
        phone="8102",
    )
    browser = house.signed_in("wang")
    page = browser.get("/console/register?month=2026-06", base_url=BASE).text
    assert "临床联系人" in page
    assert "100.0" in page, "in time"
    answer = browser.get("/console/register/register.csv?month=2026-06", base_url=BASE)
    assert answer.headers["Content-Disposition"] == 'attachment; filename="signgate-register-20260601.csv"'
    head, row = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))
    assert head[0] == "检查日期"
    assert row[1:9] == [
        "'=HYPERLINK(1)",
        "P1",
        "呼吸科",
        "胸部CT平扫",
        "脑实质内急性出血/血肿：右侧基底节区脑出血",
        "张三（值班医师）",
        "8102",
        "2026-06-01 16:00",
    ]
    figures = browser.get("/console/register/alerts.json?month=2026-06", base_url=BASE).json["危急值统计"]
    assert [row["科室"] for row in figures] == ["呼吸科", "合计"]
    assert figures[0]["病例"] == alert.alert_id
    assert browser.get("/console/register/alerts.exe", base_url=BASE).status_code == 400
    assert browser.get("/console/register?month=x", base_url=BASE).status_code == 400


def test_another_wards_register_is_not_shown(house: WebHouse) -> None:
    raised(house)
    house.person("nurse", Role.CLINICIAN, department="骨科")
    assert "A1" not in house.signed_in("nurse").get("/console/register?month=2026-06", base_url=BASE).text


def test_the_roster_is_filled_on_a_page_and_says_where_a_number_is_missing(
    house: WebHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "roster.toml"
    shutil.copy(ROOT / "config" / "critical" / "roster.toml", file)
    monkeypatch.setattr(house.journeys.alerting.pen, "_file", file)
    house.person("wang", Role.RADIOLOGIST)
    house.person("head", Role.HEAD)
    assert house.signed_in("wang").get("/console/roster", base_url=BASE).status_code == 403
    page = house.signed_in("head").get("/console/roster", base_url=BASE).text
    assert "有 4 个值班岗位没有电话" in page
    seen = hidden(page, "seen")
    answer = post(house, "head", "/console/roster", seen=seen, **{"phone.0": "8000", "person.4": "王五"})
    assert answer.status_code == 303
    page = house.signed_in("head").get("/console/roster", base_url=BASE).text
    assert "没有电话" not in page
    assert 'value="王五"' in page
    assert post(house, "head", "/console/roster", seen=seen).status_code == 409
