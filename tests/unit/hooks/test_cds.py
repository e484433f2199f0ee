"""CDS Hooks: the same decision, told in cards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from web_house import BASE, WRONG_SIDE, WebHouse, event, web_house


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


def request(**context: Any) -> dict[str, Any]:
    body = event(**context)
    return {"hook": "report-sign", "hookInstance": body.pop("event_id"), "context": body}


def test_discovery_lists_what_is_served(house: WebHouse) -> None:
    services = house.client().get("/cds-services", base_url=BASE).json["services"]
    assert [(each["id"], each["hook"]) for each in services] == [
        ("report-sign", "report-sign"),
        ("order-sign", "order-sign"),
    ]


def test_a_held_report_gets_a_card_with_the_link_and_one_for_each_error(house: WebHouse) -> None:
    answer = house.call("POST", "/cds-services/report-sign", request(report=WRONG_SIDE)).json
    hold, error = answer["cards"]
    assert hold["indicator"] == "warning"
    assert hold["links"][0]["url"] == answer["extension"]["signgate"]["popup_url"]
    assert "左右不一致" in error["summary"]
    assert all(len(card["summary"]) < 140 for card in answer["cards"])
    assert len({card["uuid"] for card in answer["cards"]}) == 2


def test_a_retry_of_the_instance_is_the_same_gate_as_by_the_json_hook(house: WebHouse) -> None:
    answer = house.call("POST", "/cds-services/report-sign", request()).json
    assert answer["extension"]["signgate"]["gate_id"] == house.hold()["gate_id"]


def test_a_release_without_errors_needs_no_card(tmp_path: Path, clock: StoppedClock) -> None:
    with web_house(tmp_path, clock, p=0.0) as house:
        assert house.call("POST", "/cds-services/report-sign", request()).json["cards"] == []


@pytest.mark.parametrize("change", [{"hook": "order-sign"}, {"context": None}, {"hookInstance": ""}])
def test_what_is_wrong_is_refused(house: WebHouse, change: dict[str, Any]) -> None:
    assert house.call("POST", "/cds-services/report-sign", {**request(), **change}).status_code == 400


def test_unsigned_calls_are_refused(house: WebHouse) -> None:
    assert house.client().post("/cds-services/report-sign", json=request(), base_url=BASE).status_code == 401


def test_feedback_is_kept(house: WebHouse) -> None:
    rows = [{"card": "u1", "outcome": "overridden", "overrideReason": {"userComment": "已核对"}}]
    path = "/cds-services/report-sign/feedback"
    assert house.call("POST", path, {"feedback": rows}).status_code == 200
    assert house.call("POST", path, {"feedback": [{"card": "u1", "outcome": "?"}]}).status_code == 400
    assert house.call("POST", path, {"feedback": "x"}).status_code == 400
