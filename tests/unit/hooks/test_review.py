"""The RIS menu's way to score an examination at any time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, WebHouse, event, web_house

ASKED = {"accession_number": "A1", "reader": {"id": "Q1", "name": "质控员甲", "role": "qc_staff"}}


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock, p=0.0) as built:
        built.call("POST", "/hooks/report-sign", event())
        yield built


def test_a_form_opens_for_the_reader(house: WebHouse) -> None:
    answer = house.call("POST", "/hooks/review", ASKED)
    assert answer.status_code == 200, answer.text
    page = house.client().get(answer.json["popup_url"].removeprefix(BASE), base_url=BASE)
    assert "主要阳性病变" in page.text
    again = house.call("POST", "/hooks/review", ASKED)
    assert again.json["gate_id"] == answer.json["gate_id"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"accession_number": "A9"}, 404),
        ({"reader": {"id": "Q1", "role": "resident"}}, 403),
        ({"reader": {"id": "D1", "role": "senior"}}, 403),
        ({"reader": "Q1"}, 400),
        ({"forms": ["teaching"]}, 400),
        ({"forms": []}, 400),
        ({"forms": [7]}, 400),
    ],
)
def test_what_is_refused(house: WebHouse, change: dict[str, object], status: int) -> None:
    assert house.call("POST", "/hooks/review", {**ASKED, **change}).status_code == status


def test_a_sign_event_cannot_call_itself_a_review(house: WebHouse) -> None:
    answer = house.call("POST", "/hooks/report-sign", event(2, action="review"))
    assert answer.status_code == 400
