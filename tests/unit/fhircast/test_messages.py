"""What a hub says, and what it may not make us believe."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhircast_hub import context

from plugin.domain.errors import InvalidInput
from plugin.fhircast.messages import Denied, Event, Subscribed, acknowledgment, endpoint, read, subscription


def event(name: str = "DiagnosticReport-open", **changes: Any) -> str:
    told = {"hub.topic": "t1", "hub.event": name, "context": context("A1"), **changes}
    return json.dumps({"timestamp": "2026-06-01T08:00:00Z", "id": "e1", "event": told})


def test_we_ask_for_a_websocket_and_two_events() -> None:
    body = subscription("topic of 李四", 3600).decode()
    assert "hub.channel.type=websocket" in body
    assert "hub.events=DiagnosticReport-open%2CDiagnosticReport-close" in body
    assert "hub.topic=topic+of+%E6%9D%8E%E5%9B%9B" in body


@pytest.mark.parametrize(
    ("name", "opens"),
    [
        ("DiagnosticReport-open", True),
        ("diagnosticreport-OPEN", True),
        ("DiagnosticReport-close", False),
        ("Patient-open", None),
        ("syncerror", None),
    ],
)
def test_names_of_events_are_compared_without_case(name: str, opens: bool | None) -> None:
    assert read(event(name)) == Event(event_id="e1", topic="t1", opens=opens, accession_numbers=("A1",))


def test_a_report_may_name_its_request_instead_of_a_study() -> None:
    kind = {"coding": [{"code": "ACSN"}]}
    report = {
        "resourceType": "DiagnosticReport",
        "basedOn": [{"identifier": {"type": kind, "value": " A7 "}}],
    }
    told = read(event(context=[{"key": "report", "resource": report}]))
    assert isinstance(told, Event)
    assert told.accession_numbers == ("A7",)


@pytest.mark.parametrize(
    "strange",
    [
        None,
        "A1",
        [None],
        [{"key": "study"}],
        [{"key": "study", "resource": {"identifier": "A1"}}],
        [{"key": "study", "resource": {"identifier": [{"value": "A1"}]}}],
        [
            {
                "key": "study",
                "resource": {"identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": 7}]},
            }
        ],
        [{"key": "encounter", "resource": context("A1")[2]["resource"]}],
        [
            {
                "key": "study",
                "resource": {"identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "9" * 65}]},
            }
        ],
    ],
)
def test_a_context_without_an_examination_names_none(strange: object) -> None:
    told = read(event(context=strange))
    assert isinstance(told, Event)
    assert told.accession_numbers == ()


def test_confirmed_and_denied() -> None:
    assert read('{"hub.mode": "subscribe", "hub.lease_seconds": 7200}') == Subscribed(lease_s=7200)
    assert read('{"hub.mode": "subscribe", "hub.lease_seconds": "60"}') == Subscribed(lease_s=60)
    assert read('{"hub.mode": "subscribe", "hub.lease_seconds": -1}') == Subscribed(lease_s=None)
    assert read('{"hub.mode": "denied", "hub.reason": "no session"}') == Denied(reason="no session")


@pytest.mark.parametrize(
    "nonsense", ["", "{", "[]", "{}", '{"id": "e1"}', '{"id": 1, "event": {}}', "\udcff"]
)
def test_nonsense_is_refused(nonsense: str) -> None:
    with pytest.raises((InvalidInput, UnicodeEncodeError)):
        read(nonsense)


def test_the_endpoint_must_be_named() -> None:
    assert endpoint(b'{"hub.channel.endpoint": "wss://hub/x"}') == "wss://hub/x"
    for answer in (b"{}", b'{"hub.channel.endpoint": 7}', b"<html>"):
        with pytest.raises(InvalidInput):
            endpoint(answer)


def test_each_notification_is_acknowledged_by_its_id() -> None:
    assert json.loads(acknowledgment("e1")) == {"id": "e1", "status": "200"}
