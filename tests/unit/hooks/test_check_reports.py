"""``POST /api/v1/check-reports``: our checks for any RIS, while the doctor types."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from effort import steps
from web_house import BASE, REPORT, TOKEN, WRONG_SIDE, WebHouse, web_house
from werkzeug.test import TestResponse

from plugin.bench.rules import FINDINGS, IMPRESSION
from plugin.rules.texts import LONGEST

PATH = "/api/v1/check-reports"


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


def check(house: WebHouse, data: Any, path: str = PATH, token: str = TOKEN) -> TestResponse:
    headers = {"Authorization": f"Bearer {token}"}
    return house.client().post(path, json=data, headers=headers, base_url=BASE)


def rules(answer: dict[str, Any]) -> set[str]:
    return {issue["rule"] for issue in answer["issues"]}


def test_a_report_is_checked_and_nothing_is_kept(house: WebHouse) -> None:
    answer = check(house, {"id": "draft", **WRONG_SIDE}).json
    assert answer["id"] == "draft"
    assert "laterality" in rules(answer)
    assert answer["structured"] is False
    assert "unread" not in answer
    assert check(house, {"finding": "左肺结节"}).json["unread"] == ["/finding"]
    assert check(house, {}, token="wrong").status_code == 401
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert house.client().get("/api/v1/exams", headers=headers, base_url=BASE).json["rows"] == []


def test_a_suggested_line_names_its_evidence_place_by_place(house: WebHouse) -> None:
    answer = check(house, WRONG_SIDE).json
    [line] = [each for each in answer["suggestions"] if each["form"] == "report"]
    assert (line["kind"], answer["suggested_scores"]["report"]) == ("fatal", 1)
    assert {place["rule"] for place in line["evidence"]} == {"laterality"}
    assert {place["section"] for place in line["evidence"]} == {"findings", "impression"}
    for place in line["evidence"]:
        assert WRONG_SIDE[place["section"]][place["start"] : place["end"]] == place["text"]


def test_faults_of_the_requisition_are_told_apart_and_only_when_there_is_one(house: WebHouse) -> None:
    order = {"patient": {"name": "张三", "sex": "M", "age": "72Y"}, "exam_item": "胸部CT平扫",
             "clinical_diagnosis": "", "history": "", "purpose": ""}  # fmt: skip
    answer = check(house, {**REPORT, "order": order}).json
    assert {line["form"] for line in answer["suggestions"]} == {"request_form"}
    assert answer["suggested_scores"]["request_form"] == "不合格"
    assert {place["section"] for line in answer["suggestions"] for place in line["evidence"]} == {"order"}
    assert "request_form" not in check(house, REPORT).json["suggested_scores"]


def test_several_reports_are_answered_in_their_order(house: WebHouse) -> None:
    reports = [{"id": 1, **WRONG_SIDE}, {"id": 2, "findings": 7.5, "exam": "CT"}, [], {"id": 4, **REPORT}]
    answers = check(house, {"reports": reports}).json["reports"]
    assert [answer["id"] for answer in answers] == [1, 2, None, 4]
    assert "laterality" in rules(answers[0])
    assert answers[1]["where"] == "/exam"
    assert "JSON object" in answers[2]["error"]
    assert "laterality" not in rules(answers[3])


@pytest.mark.parametrize("reports", [[], "text", {}, None, [{}] * 101])
def test_a_batch_has_its_bounds(house: WebHouse, reports: Any) -> None:
    answer = check(house, {"reports": reports})
    assert (answer.status_code, answer.json["where"]) == (400, "/reports")


def test_what_the_caller_does_not_know_is_taken_from_the_archive_if_it_asks(house: WebHouse) -> None:
    house.call("POST", "/hooks/report-sign", {
        "event_id": "e", "action": "verify", "accession_number": "A0", "report": {
            **REPORT, "exam": {**REPORT["exam"], "performed_at": "2026-01-05 08:00:00"}},
        "signer": {"id": "D7", "name": "王五", "role": "senior"}})  # fmt: skip
    draft = {**REPORT, "exam": {**REPORT["exam"], "accession_number": "A9"}}
    assert "no_comparison" not in rules(check(house, draft).json)
    assert "no_comparison" in rules(check(house, draft, PATH + "?archive=1").json)


def test_a_silent_rule_says_nothing_here_either(house: WebHouse) -> None:
    judge = house.journeys.judge
    house.store.write(lambda uow: judge.set_silent(uow, "laterality", True, "head", "试点"))
    answer = check(house, WRONG_SIDE).json
    assert "laterality" not in rules(answer)
    assert answer["suggested_scores"]["report"] == 5


def _steps(house: WebHouse, findings: str, impression: str = IMPRESSION) -> int:
    data = {**REPORT, "findings": findings, "impression": impression}
    return steps(lambda: check(house, data))


def test_a_text_that_was_read_lately_costs_a_fraction(house: WebHouse) -> None:
    _steps(house, FINDINGS + "（Im0）")  # what a first call alone makes
    new = "".join(f"右肺上叶见直径约{millimetres}mm结节。" for millimetres in range(31, 47))
    unseen, again = (_steps(house, new) for _ in range(2))
    assert again < unseen / 2


def test_a_text_that_is_longer_than_what_is_read_costs_no_more(house: WebHouse) -> None:
    def long(times: int) -> int:
        return _steps(house, f"（{times}）" + FINDINGS * times, f"{times}、" + IMPRESSION * times * 2)

    assert len(FINDINGS) * 50 > LONGEST
    long(60)  # what a first call alone makes, and sentences that come for the first time
    assert long(500) < 1.5 * long(50)
