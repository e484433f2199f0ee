"""The RIS hands on a verdict; the console shows what comes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from web_house import BASE, WRONG_SIDE, WebHouse, event, hidden, web_house

from plugin.domain.people import Role


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock, p=0.0) as built:
        yield built


def signed(house: WebHouse) -> dict[str, Any]:
    """The first issue of a signed report, as the RIS was told of it."""
    answer = house.call("POST", "/hooks/report-sign", event(report=WRONG_SIDE)).json
    return dict(answer["issues"][0])


def verdict(**changes: Any) -> dict[str, Any]:
    return {"accession_number": "A1", "verdict": "dismissed", "reason": "not_here", "who": "D7", **changes}


def test_a_verdict_counts_once(house: WebHouse) -> None:
    body = verdict(issue=signed(house))
    first = house.call("POST", "/hooks/issues/feedback", body, call_id="v1")
    assert first.json == {
        "rule": body["issue"]["rule"],
        "accepted": 0,
        "dismissed": 1,
        "silent": False,
    }
    assert house.call("POST", "/hooks/issues/feedback", body, call_id="v1").json == first.json
    assert house.call("POST", "/hooks/issues/feedback", body).json["dismissed"] == 1
    changed = house.call("POST", "/hooks/issues/feedback", {**body, "verdict": "accepted"})
    assert (changed.json["accepted"], changed.json["dismissed"]) == (1, 0)


def test_whoever_judges_here_and_on_the_console_has_judged_once(house: WebHouse) -> None:
    issue = signed(house)
    house.call("POST", "/hooks/issues/feedback", verdict(issue=issue, who="D9"))
    house.person("chief", Role.HEAD, staff_id="D9")
    browser = house.signed_in("chief")
    page = browser.get("/console/exams/A1", base_url=BASE).text
    where = f"{issue['rule']} {issue['section']} {issue['start']} {issue['end']}"
    data = {"csrf": hidden(page, "csrf"), "issue": where, "verdict": "accepted"}
    assert browser.post("/console/verdict/A1", data=data, base_url=BASE).status_code == 303
    site = house.journeys.judge.site
    standing = house.store.read(lambda uow: uow.feedback.standing(issue["rule"], site))
    assert (standing.accepted, standing.dismissed) == (1, 0)


def test_faults_that_share_a_place_are_told_apart_by_their_message(house: WebHouse) -> None:
    nobody = {**WRONG_SIDE, "report": {**WRONG_SIDE["report"], "author": "", "department": ""}}
    issues = house.call("POST", "/hooks/report-sign", event(report=nobody)).json["issues"]
    one, other = (each for each in issues if each["rule"] == "missing_field")
    house.call("POST", "/hooks/issues/feedback", verdict(issue=one, verdict="accepted"))
    counts = house.call("POST", "/hooks/issues/feedback", verdict(issue=other)).json
    assert (counts["accepted"], counts["dismissed"]) == (1, 1)
    unclear = {name: value for name, value in one.items() if name != "message"}
    assert house.call("POST", "/hooks/issues/feedback", verdict(issue=unclear)).status_code == 400


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"verdict": "perhaps"}, 400),
        ({"who": ""}, 400),
        ({"issue": None}, 400),
        ({"issue": {"rule": "laterality", "section": "impression", "start": True, "end": 4}}, 400),
        ({"issue": {"rule": "laterality", "section": "impression", "start": 900, "end": 904}}, 400),
    ],
)
def test_what_cannot_be_a_verdict_is_refused(house: WebHouse, changes: dict[str, Any], status: int) -> None:
    issue = signed(house)
    assert (
        house.call("POST", "/hooks/issues/feedback", verdict(**{"issue": issue, **changes})).status_code
        == status
    )


def test_an_unsigned_verdict_is_refused(house: WebHouse) -> None:
    assert house.client().post("/hooks/issues/feedback", json=verdict(), base_url=BASE).status_code == 401


def test_the_console_judges_shows_and_silences(house: WebHouse) -> None:
    issue = signed(house)
    house.person("chief", Role.HEAD, staff_id="D9")
    browser = house.signed_in("chief")
    page = browser.get("/console/exams/A1", base_url=BASE).text
    where = f"{issue['rule']} {issue['section']} {issue['start']} {issue['end']}"
    assert where in page
    data = {"csrf": hidden(page, "csrf"), "issue": where, "verdict": "dismissed.style"}
    assert browser.post("/console/verdict/A1", data=data, base_url=BASE).status_code == 303
    assert 'class="chosen"' in browser.get("/console/exams/A1", base_url=BASE).text
    rules = browser.get("/console/rules", base_url=BASE).text
    assert issue["rule"] in rules
    assert "0 % (0–79)" in rules
    change = {"csrf": hidden(rules, "csrf"), "rule": issue["rule"], "to": "silent", "reason": "词表待更新"}
    assert browser.post("/console/rules", data=change, base_url=BASE).status_code == 303
    assert "词表待更新" in browser.get("/console/rules", base_url=BASE).text
    house.store.write(lambda uow: house.journeys.judge.set_silent(uow, "aaa", False, "chief", "词表已更新"))
    listed = re.findall(r'name="rule" value="([^"]+)"', browser.get("/console/rules", base_url=BASE).text)
    assert listed == [issue["rule"], "aaa"]  # silent ones first
    again = house.call("POST", "/hooks/report-sign", event(2, report=WRONG_SIDE)).json
    assert issue["rule"] not in {each["rule"] for each in again["issues"]}


def test_who_has_no_right_to_the_rules(house: WebHouse) -> None:
    house.person("ward", Role.CLINICIAN)
    assert house.signed_in("ward").get("/console/rules", base_url=BASE).status_code == 403
