"""The console over a real store: every page, every role, every step a person can take."""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, PASSWORD, REPORT, WRONG_SIDE, WebHouse, event, hidden, web_house

from plugin.console.desk import RIGHTS, may
from plugin.domain.analysis import AnalyserFault, AnalyserState, BreakerState
from plugin.domain.archive import Envelope, MessageState
from plugin.domain.critical import AlertState
from plugin.domain.delivery import JobKind
from plugin.domain.feedback import RuleStanding
from plugin.domain.people import ADMINISTRATIVE, Role

BLEEDING = {**REPORT, "findings": "右侧基底节区见团块状高密度影。", "impression": "右侧基底节区脑出血。"}


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


@pytest.mark.parametrize("role", list(Role))
def test_each_role_opens_its_pages_and_no_other(house: WebHouse, role: Role) -> None:
    house.hold(1, report=WRONG_SIDE)
    house.person("someone", role, staff_id="D7")
    browser = house.signed_in("someone")
    for page in RIGHTS:
        answer = browser.get(f"/console/{page}", base_url=BASE)
        assert answer.status_code == (200 if may(role, page) else 403), page
        if role in ADMINISTRATIVE:
            assert "张三" not in answer.text


def test_no_page_of_an_administrator_shows_a_patient() -> None:
    patient_pages = {"held", "exams", "alerts", "statistics", "messages"}
    assert all(not RIGHTS[page] & ADMINISTRATIVE for page in patient_pages)
    assert [page for page in RIGHTS if Role.AUDIT_ADMIN in RIGHTS[page]] == ["audit"]


def test_the_first_administrator_is_set_up_with_the_key_of_the_data_folder(house: WebHouse) -> None:
    key = house.setup_key.ensure(lambda: "k" * 40)
    browser = house.client()
    assert browser.get("/console/", base_url=BASE).location.startswith("/console/sign-in")
    page = browser.get("/console/setup", base_url=BASE).text
    fields = {
        "door": hidden(page, "door"),
        "login": "chief",
        "name": "管理员",
        "password": PASSWORD,
        "again": PASSWORD,
    }
    wrong = browser.post("/console/setup", data={**fields, "key": "guess"}, base_url=BASE)
    assert wrong.status_code == 401
    assert browser.post("/console/setup", data={**fields, "key": key}, base_url=BASE).status_code == 303
    assert not house.setup_key.path.exists()
    assert house.accounts.any()
    again = browser.post("/console/setup", data={**fields, "login": "second", "key": key}, base_url=BASE)
    assert again.status_code == 409


def test_the_key_is_for_its_owner_alone(house: WebHouse) -> None:
    house.setup_key.ensure(lambda: "k" * 40)
    assert house.setup_key.path.stat().st_mode & 0o077 == 0


def test_a_new_account_must_choose_its_password_first(house: WebHouse) -> None:
    house.accounts.add("test", "li", "李四", Role.RADIOLOGIST, PASSWORD)
    browser = house.signed_in("li")
    assert browser.get("/console/exams", base_url=BASE).location == "/console/password"
    data = {
        "csrf": house.csrf(browser),
        "old": PASSWORD,
        "password": "another good phrase",
        "again": "another good phrase",
    }
    assert browser.post("/console/password", data=data, base_url=BASE).status_code == 303
    assert browser.get("/console/exams", base_url=BASE).status_code == 302, (
        "the session ended with the password"
    )


def test_my_held_report_opens_its_form(house: WebHouse) -> None:
    gate_id = house.hold()["gate_id"]
    house.person("wang", Role.RADIOLOGIST, staff_id="D7")
    house.person("zhao", Role.RADIOLOGIST, staff_id="D9")
    browser = house.signed_in("wang")
    listed = browser.get("/console/held", base_url=BASE).text
    assert gate_id in listed
    assert "<bdi>张三</bdi></td><td><bdi>胸部CT平扫" in listed
    answer = browser.post(f"/console/held/{gate_id}/open", data={"csrf": house.csrf(browser)}, base_url=BASE)
    assert answer.location.startswith("/qc/")
    assert "主要阳性病变" in house.client().get(answer.location, base_url=BASE).text
    other = house.signed_in("zhao")
    assert gate_id not in other.get("/console/held", base_url=BASE).text
    refused = other.post(f"/console/held/{gate_id}/open", data={"csrf": house.csrf(other)}, base_url=BASE)
    assert refused.status_code == 404


def test_the_head_overrides_with_a_reason(house: WebHouse) -> None:
    gate_id = house.hold()["gate_id"]
    house.person("head", Role.HEAD)
    house.person("wang", Role.RADIOLOGIST, staff_id="D7")
    path = f"/console/held/{gate_id}/override"
    doctor = house.signed_in("wang")
    assert (
        doctor.post(path, data={"csrf": house.csrf(doctor), "reason": "x"}, base_url=BASE).status_code == 403
    )
    head = house.signed_in("head")
    assert head.post(path, data={"csrf": house.csrf(head), "reason": ""}, base_url=BASE).status_code == 400
    assert (
        head.post(path, data={"csrf": house.csrf(head), "reason": "急诊"}, base_url=BASE).status_code == 303
    )


def test_one_examination_shows_its_story(house: WebHouse) -> None:
    house.hold(report=WRONG_SIDE)
    house.person("wang", Role.QC_STAFF)
    page = house.signed_in("wang").get("/console/exams/A1", base_url=BASE).text
    for text in ("右肺上叶", "<mark>", "laterality", "待评分", "到期放行", "p=1.0"):
        assert text in page
    assert house.signed_in("wang").get("/console/exams/none", base_url=BASE).status_code == 404


def test_the_ward_reads_back_and_records_the_treatment(house: WebHouse) -> None:
    house.hold(report=BLEEDING)
    (alert,) = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    house.person("nurse", Role.CLINICIAN, department="呼吸科")
    browser = house.signed_in("nurse")
    path, csrf = f"/console/alerts/{alert.alert_id}", house.csrf(browser)
    news = browser.get("/console/alerts/news", base_url=BASE).json
    assert news["waiting"] == 1
    wrong = browser.post(path, data={"csrf": csrf, "do": "acknowledge", "read_back": "骨折"}, base_url=BASE)
    assert wrong.status_code == 400
    assert "复述的内容与通知的危急值不一致" in wrong.text
    said = {"csrf": csrf, "do": "acknowledge", "read_back": alert.finding.text}
    assert browser.post(path, data=said, base_url=BASE).status_code == 303
    assert browser.get("/console/alerts/news", base_url=BASE).json != news
    done = {"csrf": csrf, "do": "handle", "treatment": "急诊手术"}
    assert browser.post(path, data=done, base_url=BASE).status_code == 303
    trail = browser.get(path, base_url=BASE).text
    assert "急诊手术" in trail
    stored = house.store.read(lambda uow: uow.alerts.get(alert.alert_id))
    assert stored is not None
    assert (stored.state, stored.acknowledged_by) == (AlertState.HANDLED, "nurse")


def test_another_ward_does_not_see_the_alert(house: WebHouse) -> None:
    house.hold(report=BLEEDING)
    (alert,) = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    house.person("nurse", Role.CLINICIAN, department="骨科")
    browser = house.signed_in("nurse")
    assert "张三" not in browser.get("/console/alerts", base_url=BASE).text
    path = f"/console/alerts/{alert.alert_id}"
    assert browser.get(path, base_url=BASE).status_code == 404
    said = {"csrf": house.csrf(browser), "do": "acknowledge", "read_back": alert.finding.text}
    assert browser.post(path, data=said, base_url=BASE).status_code == 404


def test_a_switch_works_at_once_and_is_audited(house: WebHouse) -> None:
    house.person("head", Role.HEAD)
    house.person("auditor", Role.AUDIT_ADMIN)
    browser = house.signed_in("head")
    data = {"csrf": house.csrf(browser), "name": "gate", "to": "off", "department": ""}
    assert browser.post("/console/switches", data=data, base_url=BASE).status_code == 303
    answer = house.call("POST", "/hooks/report-sign", event(9)).json
    assert (answer["decision"], answer["reason"]) == ("release", "switched_off")
    audit = house.signed_in("auditor").get("/console/audit", base_url=BASE).text
    assert "switch.gate" in audit
    assert re.search(r"原为</b> <bdi>开 .*改为</b> <bdi>关 ", audit)
    bad = {**data, "name": "everything"}
    assert browser.post("/console/switches", data=bad, base_url=BASE).status_code == 400


def test_a_quarantined_message_is_shown_raw_with_what_hides_in_it(
    house: WebHouse, clock: StoppedClock
) -> None:
    raw = "MSH|^~\\&|RIS|H\rPID|||P1||张\u202e三<b>\x07".encode("gb18030")
    envelope = Envelope(raw=raw, peer="10.0.0.9", received_at=clock(), charset="gb18030")
    number = house.store.write(
        lambda uow: uow.messages.add(envelope, MessageState.QUARANTINED, b"MSA|AE|1\r", error="no MSH-9")
    )
    house.person("staff", Role.QC_STAFF)
    browser = house.signed_in("staff")
    assert (
        f"/console/messages/{number}"
        in browser.get("/console/messages?state=quarantined", base_url=BASE).text
    )
    page = browser.get(f"/console/messages/{number}", base_url=BASE).text
    assert "张⟨202E⟩三&lt;b&gt;⟨0007⟩" in page
    assert "no MSH-9" in page
    assert browser.get("/console/messages/999", base_url=BASE).status_code == 404


def test_a_parked_job_is_sent_again(house: WebHouse, clock: StoppedClock) -> None:
    house.hold()
    house.person("staff", Role.QC_STAFF)
    clock.advance(hours=3)
    (job,) = house.jobs.claim([JobKind.EXPIRE_GATE], 1, timedelta(minutes=1))
    house.jobs.park(job, "the PACS said no")
    browser = house.signed_in("staff")
    assert "the PACS said no" in browser.get("/console/jobs?state=parked", base_url=BASE).text
    path = f"/console/jobs/{job.job_id}/requeue"
    data = {"csrf": house.csrf(browser)}
    assert browser.post(path, data=data, base_url=BASE).status_code == 303
    assert browser.post(path, data=data, base_url=BASE).status_code == 409


def test_the_statistics_leave_as_the_files_that_the_page_shows(house: WebHouse) -> None:
    house.person("head", Role.HEAD)
    browser = house.signed_in("head")
    page = browser.get("/console/statistics?month=2026-06", base_url=BASE).text
    assert 'href="/console/statistics/file.csv?month=2026-06"' in page
    written = browser.get("/console/statistics/file.csv?month=2026-06", base_url=BASE)
    assert written.data.startswith(codecs.BOM_UTF8), "Excel takes it for UTF-8"
    for title in ("质控评分统计", "质控扣分明细", "质控扣分项目", "质量统计", "合格率"):
        assert title in written.text
    assert "signgate-statistics" in written.headers["Content-Disposition"]
    sheets = browser.get("/console/statistics/file.xlsx?month=2026-06", base_url=BASE)
    assert zipfile.is_zipfile(io.BytesIO(sheets.data))
    assert browser.get("/console/statistics/file.pdf?month=2026-06", base_url=BASE).status_code == 400
    house.person("auditor", Role.AUDIT_ADMIN)
    trail = house.signed_in("auditor").get("/console/audit", base_url=BASE).text
    assert trail.count("导出质控报表") == 2


def test_statistics_show_the_figures(house: WebHouse) -> None:
    page = house.client().get(house.ticket(), base_url=BASE).text
    data = {"form_token": hidden(page, "form_token"), "m.RPT-C2": "1", "r.RPT-C2": "缺大小"}
    house.client().post("/qc", data=data, base_url=BASE)
    house.person("head", Role.HEAD)
    shown = house.signed_in("head").get("/console/statistics?month=2026-06", base_url=BASE).text
    for text in ("图 2", "图 3", "图 4", "图 7", "李四", "缺大小", "100.0%"):
        assert text in shown
    assert "李四" not in house.signed_in("head").get("/console/statistics?month=2026-05", base_url=BASE).text
    assert house.signed_in("head").get("/console/statistics?month=junk", base_url=BASE).status_code == 400


def test_accounts_are_kept_on_their_page(house: WebHouse) -> None:
    house.person("chief", Role.SYSTEM_ADMIN)
    browser = house.signed_in("chief")
    csrf = house.csrf(browser)

    def do(**fields: str) -> int:
        return browser.post("/console/people", data={"csrf": csrf, **fields}, base_url=BASE).status_code

    new = {"login": "li", "name": "李四", "role": "radiologist", "staff_id": "D1", "password": PASSWORD}
    assert do(do="add", **new) == 303
    assert do(do="add", **new) == 400
    assert do(do="role", login="li", role="head") == 303
    assert do(do="role", login="chief", role="head") == 400
    assert do(do="passwd", login="li", password="short") == 400
    assert do(do="disable", login="li") == 303
    assert do(do="disable", login="chief") == 400
    assert do(do="explode", login="li") == 400
    page = browser.get("/console/people", base_url=BASE).text
    assert "李四" in page
    assert "停用" in page


def test_the_language_is_the_persons_choice(house: WebHouse) -> None:
    house.person("head", Role.HEAD)
    browser = house.signed_in("head")
    answer = browser.get("/console/language/en?next=/console/exams", base_url=BASE)
    assert answer.location == "/console/exams"
    assert "Examinations" in browser.get("/console/exams", base_url=BASE).text


def test_the_page_of_rules_shows_how_outside_analysers_do(tmp_path: Path, clock: StoppedClock) -> None:
    resting = AnalyserState(
        name="lungnet",
        kind="http",
        place="10.20.0.5:8000",
        enabled=True,
        breaker=BreakerState.OPEN,
        open_until=clock() + timedelta(seconds=40),
        failed=5,
        failed_at=clock(),
        last_fault=AnalyserFault.UNREACHED,
        last_error="10.20.0.5:8000 answered 500",
    )
    off = AnalyserState(name="other", kind="http", place="", enabled=False)
    elsewhere = AnalyserState(name="third", kind="http", place="10.20.0.6:8000", enabled=True, here=False)
    with web_house(tmp_path, clock, analysers=lambda: (resting, off, elsewhere)) as house:
        house.person("chief", Role.HEAD)
        page = house.signed_in("chief").get("/console/rules", base_url=BASE).text
    for told in (
        "lungnet",
        "已熔断",
        "重试时间",
        "无法连接，或对方不应答",
        "answered 500",
        "未启用",
        "由投递进程询问",
    ):
        assert told in page


def test_verdicts_are_shown_by_department(house: WebHouse) -> None:
    house.hold(1, report=WRONG_SIDE)
    house.person("doctor", Role.HEAD, staff_id="D7")
    browser = house.signed_in("doctor")
    page = browser.get("/console/exams/A1", base_url=BASE).text
    data = {"csrf": hidden(page, "csrf"), "issue": hidden(page, "issue"), "verdict": "dismissed.not_here"}
    headers = {"Origin": BASE}
    assert browser.post("/console/verdict/A1", data=data, headers=headers, base_url=BASE).status_code == 303
    rules = browser.get("/console/rules", base_url=BASE).text
    assert "<bdi>呼吸科</bdi></td><td>0</td><td>1</td>" in rules


def test_the_share_of_structured_reports_leads_to_the_reports_behind_it(house: WebHouse) -> None:
    parts = "肺实质：左肺上叶见结节，约 8 mm。\n气道：通畅。\n纵隔：未见肿大淋巴结。\n胸膜：未见积液。\n骨骼：未见破坏。"
    house.hold(1, report={**REPORT, "findings": parts})
    house.hold(2)
    house.person("chief", Role.HEAD)
    house.person("doctor", Role.RADIOLOGIST, staff_id="D7")
    browser = house.signed_in("chief")
    page = browser.get("/console/statistics?month=2026-06", base_url=BASE).text
    assert "50.0 %" in page
    link = "/console/statistics/structured?month=2026-06&department=呼吸科&modality=CT"
    cases = browser.get(link, base_url=BASE).text
    assert cases.index("/console/exams/A1") < cases.index("/console/exams/A2")
    assert house.signed_in("doctor").get(link, base_url=BASE).status_code == 403


def test_a_rule_is_silenced_and_restored_with_a_reason_that_stays_visible(house: WebHouse) -> None:
    house.hold(1, report=WRONG_SIDE)
    house.person("chief", Role.HEAD, staff_id="D99")
    browser = house.signed_in("chief")
    judge = house.journeys.judge
    house.store.write(lambda uow: judge.set_silent(uow, "laterality", True, "qc", "词表更新前"))
    page = browser.get("/console/rules", base_url=BASE).text
    assert "词表更新前" in page
    data = {"csrf": hidden(page, "csrf"), "rule": "laterality", "to": "speak", "reason": "词表已更新"}
    headers = {"Origin": BASE}
    assert browser.post("/console/rules", data=data, headers=headers, base_url=BASE).status_code == 303
    page = browser.get("/console/rules", base_url=BASE).text
    assert "词表已更新" in page
    assert not house.store.read(lambda uow: uow.feedback.standing("laterality", judge.site)).silent
    nothing = {**data, "reason": " "}
    assert browser.post("/console/rules", data=nothing, headers=headers, base_url=BASE).status_code == 400


def test_a_rule_that_fell_silent_stands_on_its_keepers_page_by_name_with_the_way_to_it(
    house: WebHouse,
) -> None:
    house.person("chief", Role.HEAD, staff_id="D99")
    judge = house.journeys.judge
    fallen = RuleStanding(rule="typo", site=judge.site, silent=True, changed_at=house.clock())
    house.store.write(lambda uow: judge.tell.rule_silenced(uow, fallen))
    page = house.signed_in("chief").get("/console/notices", base_url=BASE).text
    assert "规则已自动停用 <bdi>错别字</bdi>" in page
    assert page.index("错别字") < page.index('<a href="/console/rules">规则</a></td>')


def test_agreement_of_rules_and_people_is_shown_line_by_line(house: WebHouse, clock: StoppedClock) -> None:
    for number, (report, marked) in enumerate(
        [(WRONG_SIDE, "yes"), (WRONG_SIDE, "no"), (REPORT, ""), (WRONG_SIDE, "yes")], 1
    ):
        page = house.client().get(house.hold(number, report=report)["popup_url"], base_url=BASE).text
        said = {"s.RPT-F2": marked, "r.RPT-F2": "左右写反"} if marked else {}
        data = {"form_token": hidden(page, "form_token"), **said}
        assert "报告已放行" in house.client().post("/qc", data=data, base_url=BASE).text
    clock.advance(minutes=1)
    house.person("chief", Role.HEAD)
    rules = house.signed_in("chief").get("/console/rules", base_url=BASE).text
    row = rules[rules.index("RPT-F2") :].split("</tr>", 1)[0]
    assert "<td>报告质量</td><td>RPT-F2" in rules
    assert re.findall(r"<td>([^<]*)</td>", row) == ["2", "1", "0", "1", "0.50"]


def test_a_trace_follows_one_number_and_names_nobody(house: WebHouse) -> None:
    held = house.hold()
    page = house.client().get(held["popup_url"], base_url=BASE).text
    house.client().post("/qc", data={"form_token": hidden(page, "form_token")}, base_url=BASE)
    house.person("chief", Role.HEAD)
    browser = house.signed_in("chief")
    shown = browser.get("/console/trace?accession_number=A1", base_url=BASE).text
    for said in ("抽签", "概率</b> <bdi>1</bdi>", "sampled", held["gate_id"], "call_back", "优秀"):
        assert said in shown
    rows = browser.get("/console/trace.json?accession_number=A1", base_url=BASE).json["A1"]
    stages = [row["环节"] for row in rows]
    assert stages[:3] == ["report", "draw", "gate"]
    assert {"score", "job"} <= set(stages)
    for form in ("csv", "xlsx", "json"):
        file = browser.get(f"/console/trace.{form}?accession_number=A1", base_url=BASE)
        assert file.status_code == 200
        for private in ("张三", "李四", "王五", "结节"):
            assert private not in file.data.decode("utf-8", "ignore")
    assert browser.get("/console/trace.pdf?accession_number=A1", base_url=BASE).status_code == 400
    assert browser.get("/console/trace?accession_number=NONE", base_url=BASE).status_code == 404
    house.person("doctor", Role.RADIOLOGIST, staff_id="D7")
    assert (
        house.signed_in("doctor").get("/console/trace?accession_number=A1", base_url=BASE).status_code == 403
    )


def test_a_departments_own_switch_does_not_take_over_what_the_house_has_switched(house: WebHouse) -> None:
    house.person("head", Role.HEAD)
    browser = house.signed_in("head")

    def turn(name: str, to: str, department: str = "") -> None:
        data = {"csrf": house.csrf(browser), "name": name, "to": to, "department": department}
        assert browser.post("/console/switches", data=data, base_url=BASE).status_code == 303

    turn("alerts", "off")
    turn("shadow", "on", "急诊科")
    turn("alerts", "on")
    held = house.store.read(lambda uow: uow.policies.switches("急诊科"))
    assert held.alerts, "alerts that the house has switched on again are on everywhere"
    assert held.shadow
