"""The popup without JavaScript: a plain form, one result, no cookie."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, REPORT, RIS, WRONG_SIDE, WebHouse, hidden, web_house
from werkzeug.test import TestResponse

from plugin.domain.critical import Alert
from plugin.domain.gate import GateState
from plugin.domain.order import ImagingOrder


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


def opened(house: WebHouse, number: int = 1, **changes: object) -> TestResponse:
    answer = house.client().get(house.ticket(number, **changes), base_url=BASE)
    assert answer.status_code == 200
    return answer


def post(house: WebHouse, token: str, accept: str = "text/html", **fields: str) -> TestResponse:
    data = {"form_token": token, **{name.replace("__", "."): value for name, value in fields.items()}}
    return house.client().post("/qc", data=data, headers={"Accept": accept}, base_url=BASE)


def test_the_page_shows_form_and_report_in_both_languages(house: WebHouse) -> None:
    page = opened(house).text
    for text in ("主要阳性病变漏诊或误诊", "Main positive lesion missed", "左肺上叶结节，建议随访。", "张三"):
        assert text in page
    assert "Set-Cookie" not in opened(house, 2).headers


def test_all_in_order_releases_the_report(house: WebHouse) -> None:
    token = hidden(opened(house).text, "form_token")
    done = post(house, token)
    assert "报告已放行" in done.text
    assert "5 分" in done.text
    gates = house.store.read(lambda uow: [uow.gates.by_event("ris", "click-1")])
    assert [(gate.state, gate.owed) for gate in gates if gate] == [(GateState.RELEASED, False)]
    (sheet,) = house.store.read(lambda uow: list(uow.sheets.for_exam("A1")))
    assert (sheet.result.score, sheet.scorer_id, sheet.assessed_name) == (5, "D7", "李四")


def test_a_second_post_answers_with_the_first_result(house: WebHouse) -> None:
    token = hidden(opened(house).text, "form_token")
    post(house, token)
    again = post(house, token, **{"m.RPT-F1": "1", "r.RPT-F1": "改了"})
    assert "首次结果" in again.text
    assert "5 分" in again.text
    assert len(house.store.read(lambda uow: uow.sheets.for_exam("A1"))) == 1


def test_json_is_answered_to_a_script(house: WebHouse) -> None:
    token = hidden(opened(house).text, "form_token")
    answer = post(house, token, "application/json", **{"m.RPT-C1": "1", "r.RPT-C1": "错字"}).json
    assert answer["type"] == "signgate.qc.completed"
    assert answer["released"] is True
    assert [(s["form"], s["score"], s["grade"]) for s in answer["sheets"]] == [("report", 4, "良好")]


def test_the_token_may_come_in_a_header(house: WebHouse) -> None:
    token = hidden(opened(house).text, "form_token")
    answer = house.client().post(
        "/qc",
        data={"comment": ""},
        headers={"X-SignGate-Form": token, "Accept": "application/json"},
        base_url=BASE,
    )
    assert answer.json["released"] is True


def test_suggestions_are_marked_beside_their_evidence_and_must_be_decided(house: WebHouse) -> None:
    page = opened(house, report=WRONG_SIDE).text
    assert '<mark data-issues="1">右肺上叶' in page
    assert 'name="s.RPT-F2" value="yes"' in page
    token = hidden(page, "form_token")
    again = post(house, token)
    assert again.status_code == 422
    assert "请先判断这条提示是否属实" in again.text
    assert hidden(again.text, "form_token") == token
    done = post(house, token, "application/json", **{"s.RPT-F2": "yes", "r.RPT-F2": "左右写反"}).json
    assert done["sheets"][0]["score"] == 1


def test_what_was_filled_in_is_kept_when_something_is_missing(house: WebHouse) -> None:
    token = hidden(opened(house).text, "form_token")
    again = post(
        house, token, **{"m.RPT-C1": "1", "m.RPT-C2": "1", "r.RPT-C2": "缺部位", "comment": "备注一"}
    )
    assert again.status_code == 422
    assert 'value="缺部位"' in again.text
    assert 'value="备注一"' in again.text
    assert again.text.count(" checked") == 2


def test_submit_asks_for_request_form_and_image(house: WebHouse) -> None:
    page = opened(house, action="submit", signer={"id": "D1", "name": "李四", "role": "resident"}).text
    assert "空白申请单" in page
    assert "图像质量分析" in page
    done = post(
        house, hidden(page, "form_token"), "application/json", **{"m.REQ-F4": "1", "r.REQ-F4": "只写“咳嗽”"}
    ).json
    assert [(s["form"], s["score"], s["grade"]) for s in done["sheets"]] == [
        ("request_form", None, "不合格"),
        ("image", 5, "优秀"),
    ]


def test_a_link_scanner_does_not_use_the_ticket_up(house: WebHouse) -> None:
    path = house.ticket()
    assert house.client().head(path, base_url=BASE).status_code == 200
    assert house.client().get(path, base_url=BASE).status_code == 200


def test_an_expired_gate_has_released_and_its_form_may_still_be_filled(
    house: WebHouse, clock: StoppedClock
) -> None:
    answer = house.hold()
    clock.advance(hours=3)
    house.store.write(lambda uow: house.journeys.decide_sign.held.expire(uow, answer["gate_id"]))
    link = house.call("POST", f"/hooks/report-sign/{answer['gate_id']}/ticket", {"user_id": "D7"}).json
    page = house.client().get(link["popup_url"].removeprefix(BASE), base_url=BASE).text
    assert post(house, hidden(page, "form_token"), "application/json").json["released"] is True


def test_refusals_are_pages_for_people(house: WebHouse) -> None:
    answer = house.client().get("/qc/nonsense", headers={"Accept": "text/html"}, base_url=BASE)
    assert answer.status_code == 401
    assert "请在 RIS 中重新打开评分窗口" in answer.text


def test_only_the_listed_origin_may_frame_it(house: WebHouse) -> None:
    assert f"frame-ancestors 'self' {RIS}" in opened(house).headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in opened(house, 2).headers


@pytest.mark.parametrize("name", ["popup.js", "signgate.js", "signgate-issues.js"])
def test_the_scripts_are_written_for_old_engines(name: str) -> None:
    script = (Path(__file__).parents[3] / "plugin" / "qc_popup" / "static" / name).read_text("utf-8")
    code = re.sub(r"/\*.*?\*/", "", script, flags=re.DOTALL)
    for newer in ("=>", "`", "let ", "const ", "class ", "async ", "fetch(", ".includes(", "Promise"):
        assert newer not in code, newer


def raise_value(house: WebHouse, token: str, accept: str = "text/html", **fields: str) -> TestResponse:
    data = {"form_token": token, **fields}
    return house.client().post("/qc/alert", data=data, headers={"Accept": accept}, base_url=BASE)


def by_hand(house: WebHouse) -> list[Alert]:
    """Alerts of the examination, but the nodule that its text names."""
    alerts = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    return [alert for alert in alerts if alert.finding.code != "NODULE_FU"]


def test_a_critical_value_is_raised_by_hand_and_the_form_stays_open(house: WebHouse) -> None:
    page = opened(house).text
    token = hidden(page, "form_token")
    assert "上报危急值" in page
    answer = raise_value(house, token, code="PE", text="右肺动脉主干栓塞")
    assert answer.status_code == 200
    assert "急性肺栓塞" in answer.text.split('id="raised"', 1)[1].split("</ul>", 1)[0]
    (alert,) = by_hand(house)
    (first, *_) = house.store.read(lambda uow: list(uow.alerts.trail(alert.alert_id)))
    assert (alert.finding.code, alert.finding.text) == ("PE", "右肺动脉主干栓塞")
    assert (first.actor, first.means) == ("D7@ris", "hand")
    assert "报告已放行" in post(house, token).text, "the form can still be posted"


def test_a_script_is_told_what_was_raised_and_a_second_click_raises_nothing_more(house: WebHouse) -> None:
    token = hidden(opened(house).text, "form_token")
    first = raise_value(house, token, "application/json", code="PE").json
    again = raise_value(house, token, "application/json", code="PE").json
    assert first == again
    assert first is not None
    assert (first["name"], first["tier"]) == ("急性肺栓塞", "red")
    assert len(by_hand(house)) == 1


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, 400),
        ({"code": "NONE"}, 400),
        ({"text": "x" * 501, "tier": "red"}, 400),
        ({"text": "x", "tier": "blue"}, 400),
    ],
)
def test_what_the_popup_cannot_raise_is_refused(house: WebHouse, fields: dict[str, str], status: int) -> None:
    token = hidden(opened(house).text, "form_token")
    assert raise_value(house, token, "application/json", **fields).status_code == status
    assert raise_value(house, "forged", "application/json", code="PE").status_code == 401
    assert by_hand(house) == []


def test_what_the_requisition_says_against_the_report_is_marked_there(house: WebHouse) -> None:
    order = ImagingOrder(
        accession_number="A1", history="3年前<b>胆囊切除术</b>后。", exam_item="上腹部CT平扫"
    )
    house.store.write(lambda uow: uow.exams.save_order(order, frozenset({"history"}), None))
    report = {
        **REPORT,
        "findings": "肝脏形态正常，胆囊大小形态正常，壁不厚。",
        "impression": "上腹部未见异常。",
    }
    page = opened(house, report=report).text
    assert re.search(r'3年前&lt;b&gt;<mark data-issues="\d+">胆囊切除', page)
    assert "<b>胆囊" not in page
