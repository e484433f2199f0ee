"""The hooks over a real store: one answer a call, errors as problem+json."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, REPORT, WebHouse, event, web_house

from plugin.domain.gate import GateState


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


def test_a_drawn_report_is_held_with_a_link(house: WebHouse) -> None:
    answer = house.hold()
    assert answer["reason"] == "sampled"
    assert answer["popup_url"].startswith(f"{BASE}/qc/")
    assert answer["expires_at"] == "2026-06-01T10:00:00+00:00"
    assert answer["policy_version"] == 1
    assert 0 <= answer["draw"]["u"] < answer["draw"]["p"] == 1.0


def test_a_report_that_is_not_drawn_is_released(tmp_path: Path, clock: StoppedClock) -> None:
    with web_house(tmp_path, clock, p=0.0) as house:
        answer = house.call("POST", "/hooks/report-sign", event()).json
        assert (answer["decision"], answer["popup_url"], answer["expires_at"]) == ("release", None, None)
        state = house.call("GET", f"/hooks/report-sign/{answer['gate_id']}").json
        assert (state["state"], state["released"]) == ("released", True)


def test_the_same_call_gets_the_same_bytes(house: WebHouse) -> None:
    first = house.call("POST", "/hooks/report-sign", event(), call_id="c1")
    again = house.call("POST", "/hooks/report-sign", event(), call_id="c1")
    assert first.data == again.data
    assert first.headers["Content-Type"] == "application/json; charset=utf-8"


def test_the_same_event_in_another_call_gets_the_same_gate(house: WebHouse) -> None:
    first, again = house.hold(), house.hold()
    assert first["gate_id"] == again["gate_id"]
    assert first["popup_url"] != again["popup_url"], "each link opens once, so a retry gets its own"


def test_a_refused_call_may_be_sent_again_rightly(house: WebHouse) -> None:
    wrong = house.call("POST", "/hooks/report-sign", event(action="?"), call_id="c1")
    assert wrong.status_code == 400
    assert wrong.content_type == "application/problem+json; charset=utf-8"
    assert wrong.json["where"] == "/action"
    assert house.call("POST", "/hooks/report-sign", event(), call_id="c1").status_code == 200


def test_an_event_without_a_known_report_is_told_what_to_do(house: WebHouse) -> None:
    answer = house.call("POST", "/hooks/report-sign", event(report=None))
    assert answer.status_code == 404
    assert "ORU" in answer.json["detail"]


def test_override_needs_a_reason_and_is_audited(house: WebHouse) -> None:
    path = f"/hooks/report-sign/{house.hold()['gate_id']}/override"
    assert house.call("POST", path, {"reason": " "}).status_code == 400
    answer = house.call("POST", path, {"reason": "急诊手术", "who": "D7"})
    assert (answer.json["state"], answer.json["released"], answer.json["owed"]) == ("overridden", True, True)
    assert house.call("POST", path, {"reason": "急诊手术", "who": "D7"}).status_code == 200


def test_a_new_ticket_is_only_for_the_signer(house: WebHouse) -> None:
    path = f"/hooks/report-sign/{house.hold()['gate_id']}/ticket"
    assert house.call("POST", path, {"user_id": "D8"}).status_code == 404
    assert house.call("POST", path, {"user_id": "D7"}).json["popup_url"].startswith(f"{BASE}/qc/")


def test_an_unknown_gate_is_404(house: WebHouse) -> None:
    assert house.call("GET", "/hooks/report-sign/none").status_code == 404


def test_an_alert_is_read_back_over_the_hook(house: WebHouse) -> None:
    bleeding = {**REPORT, "findings": "右侧基底节区见团块状高密度影。", "impression": "右侧基底节区脑出血。"}
    answer = house.hold(report=bleeding)
    assert [(c["code"], c["state"]) for c in answer["critical"]] == [("ICH", "new")]
    (alert,) = house.store.read(lambda uow: list(uow.alerts.find("A1")))
    path = f"/hooks/alerts/{alert.alert_id}/acknowledge"
    other = house.call("POST", path, {"who": "N1", "read_back": "骨折"})
    assert (other.status_code, other.json["where"]) == (400, "/read_back")
    assert house.call("POST", path, {"read_back": alert.finding.text}).json["where"] == "/who"
    done = house.call("POST", path, {"who": "N1", "read_back": alert.finding.text})
    assert (done.json["state"], done.json["acknowledged_by"]) == ("acknowledged", "N1@ris")
    handled = house.call(
        "POST", f"/hooks/alerts/{alert.alert_id}/handle", {"who": "N1", "treatment": "急诊手术"}
    )
    assert handled.json["state"] == "handled"


def test_a_signed_get_covers_its_query(house: WebHouse) -> None:
    gate_id = house.hold()["gate_id"]
    answer = house.call("GET", f"/hooks/report-sign/{gate_id}?verbose=1")
    assert answer.json["state"] == GateState.HELD


def test_a_store_that_is_gone_is_503_and_says_when_to_try_again(house: WebHouse) -> None:
    house.store.close()
    answer = house.call("POST", "/hooks/report-sign", event())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
