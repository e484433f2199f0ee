"""The hooks of critical values: raised, confirmed, told, read back, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import WebHouse, web_house


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        built.hold(1)
        yield built


def raise_pe(house: WebHouse) -> str:
    body = {"accession_number": "A1", "who": "D7", "code": "PE", "text": "右肺动脉主干栓塞"}
    answer = house.call("POST", "/hooks/alerts", body)
    assert answer.status_code == 200, answer.text
    assert house.call("POST", "/hooks/alerts", body).json["alert_id"] == answer.json["alert_id"]
    return str(answer.json["alert_id"])


def test_from_the_ris_to_the_sentence_for_the_report(house: WebHouse, clock: StoppedClock) -> None:
    path = f"/hooks/alerts/{raise_pe(house)}"
    told = house.call("GET", path).json
    assert (told["addendum"], told["tell"]["department"]) == ("", "医院总值班")
    assert [each["level"] for each in told["tell"]["contacts"]] == ["primary", "primary"]
    assert house.call("POST", f"{path}/confirm", {"who": "D8"}).status_code == 200
    assert house.call("POST", f"{path}/confirm", {"who": "D8"}).status_code == 409
    clock.advance(minutes=4)
    done = house.call("POST", f"{path}/telephone", {"who": "D7", "receiver": "张三", "phone": "8102"}).json
    assert (done["state"], done["acknowledged_by"]) == ("acknowledged", "张三")
    hop = done["trail"][-1]
    assert (hop["minutes"], hop["who"], hop["recipient"], hop["phone"]) == (4.0, "D7@ris", "张三", "8102")
    assert done["addendum"] == (
        "危急值“急性肺栓塞”于 2026-06-01 16:00 发现，2026-06-01 16:04 由张三经电话 8102接收并复述确认。"
    )
    other = house.call("POST", f"{path}/acknowledge", {"who": "N2", "read_back": "PE"})
    assert other.status_code == 409, "somebody else has it already"


def test_an_acknowledgement_after_a_withdrawal_is_refused(house: WebHouse) -> None:
    path = f"/hooks/alerts/{raise_pe(house)}"
    assert house.call("POST", f"{path}/withdraw", {"who": "D7", "reason": "伪影"}).json["state"] == "revoked"
    answer = house.call("POST", f"{path}/acknowledge", {"who": "N1", "read_back": "PE"})
    assert answer.status_code == 409
    assert "revoked" in answer.json["detail"]


def test_a_declined_one_goes_to_the_next_level(house: WebHouse) -> None:
    path = f"/hooks/alerts/{raise_pe(house)}"
    after = house.call("POST", f"{path}/decline", {"who": "N1", "reason": "已转科"}).json
    assert [each["role"] for each in after["tell"]["contacts"]] == ["科主任"]
    assert after["trail"][-1]["means"] == "declined"


def test_what_was_done_is_noted_after_the_read_back_as_told_by_the_ris(house: WebHouse) -> None:
    path = f"/hooks/alerts/{raise_pe(house)}"
    early = house.call("POST", f"{path}/handle", {"who": "C1", "treatment": "溶栓"})
    assert early.status_code == 409
    assert "acknowledged" in early.json["detail"]
    house.call("POST", f"{path}/acknowledge", {"who": "N1", "read_back": "急性肺栓塞"})
    done = house.call("POST", f"{path}/handle", {"who": "C1", "treatment": "溶栓"}).json
    assert (done["state"], done["trail"][-1]["means"]) == ("handled", "ris")


def test_the_alarm_of_a_ris(house: WebHouse) -> None:
    drill = house.call("POST", "/hooks/alerts/drill", {"who": "D7"}).json
    assert drill["drill"]
    assert house.call("GET", "/hooks/alarm").json == {"standing": [], "faults": []}
    desk = house.journeys.alerts
    for level in range(3):
        house.store.write(lambda uow, level=level: desk.chase.escalate(uow, drill["alert_id"], level))
    (standing,) = house.call("GET", "/hooks/alarm").json["standing"]
    assert standing["alert_id"] == drill["alert_id"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"accession_number": "A1", "code": "PE"}, 400),
        ({"accession_number": "A1", "who": "D7", "code": "NONE"}, 400),
        ({"accession_number": "A1", "who": "D7", "text": "x"}, 400),
        ({"accession_number": "A1", "who": "D7", "text": "x", "tier": "pink"}, 400),
        ({"accession_number": "A9", "who": "D7", "code": "PE"}, 404),
    ],
)
def test_what_cannot_be_raised(house: WebHouse, body: dict[str, str], status: int) -> None:
    assert house.call("POST", "/hooks/alerts", body).status_code == status


def test_an_unknown_alert(house: WebHouse) -> None:
    assert house.call("GET", "/hooks/alerts/none").status_code == 404
