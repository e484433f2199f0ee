"""A session at a real hub: the right report on top, and a bad hub survived."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from conftest import StoppedClock
from fhircast_hub import TOKEN, Hub
from patience import until
from pydantic import ValidationError

from plugin.fhircast import subscriber as module
from plugin.fhircast.desktops import Desktops
from plugin.fhircast.messages import Event
from plugin.fhircast.settings import FhircastSettings
from plugin.fhircast.subscriber import OpenReports, Subscriber


@dataclass(frozen=True)
class Wire:
    """Every name lies on this machine."""

    def resolve(self, host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.2)
    monkeypatch.setattr(module, "LISTEN_S", 0.05)


@pytest.fixture
def hub() -> Iterator[Hub]:
    built = Hub()
    yield built
    built.close()


def settings(hub: Hub, **changes: object) -> FhircastSettings:
    given = {
        "url": f"http://{hub.place}/api/hub",
        "allowed": (hub.place, hub.channel),
        "networks": ("127.0.0.0/8",),
        "plain_http": True,
        "timeout_s": 60.0,
    }
    return FhircastSettings.model_validate({**given, **changes})


@pytest.fixture
def listening(hub: Hub) -> Iterator[Subscriber]:
    built = subscriber(hub)
    built.start()
    until(lambda: built.confirmed.is_set() and hub.connected == 1)
    yield built
    built.stop()


def subscriber(hub: Hub, token: str = TOKEN, **changes: object) -> Subscriber:
    return Subscriber(
        settings=settings(hub, **changes), topic="D7", token=token, wire=Wire(), jitter=lambda: 0.5
    )


def test_the_report_that_is_open_is_on_top_until_it_is_closed(hub: Hub, listening: Subscriber) -> None:
    top = lambda: listening.open_reports.top  # noqa: E731  read again and again
    hub.tell("DiagnosticReport-open", "A1", "D7", "e1")
    until(lambda: top() == "A1")
    hub.tell("DiagnosticReport-open", "A2", "D7", "e2")
    until(lambda: top() == "A2")
    hub.tell("DiagnosticReport-close", "A2", "D7", "e3")
    until(lambda: top() == "A1")
    until(lambda: [each["id"] for each in hub.acknowledged] == ["e1", "e2", "e3"])
    assert {each["status"] for each in hub.acknowledged} == {"200"}
    assert hub.asked[0]["hub.topic"] == "D7"


def test_anothers_session_moves_nothing(hub: Hub, listening: Subscriber) -> None:
    hub.tell("DiagnosticReport-open", "A9", "D8", "e1")
    hub.tell("Patient-open", "A9", "D7", "e2")
    until(lambda: len(hub.acknowledged) == 2)
    assert listening.open_reports.top == ""


def test_a_lost_hub_is_come_back_to(hub: Hub, listening: Subscriber) -> None:
    hub.tell("DiagnosticReport-open", "A1", "D7")
    until(lambda: listening.open_reports.top == "A1")
    hub.hang_up()
    until(lambda: len(hub.asked) == 2 and hub.connected == 1)
    assert listening.open_reports.top == "", "what was open then says nothing any more"
    hub.tell("DiagnosticReport-open", "A2", "D7")
    until(lambda: listening.open_reports.top == "A2")


def test_nonsense_is_endured_and_much_of_it_ends_the_connection(hub: Hub, listening: Subscriber) -> None:
    for nonsense in ("{", "[]", '{"id": 7}'):
        hub.say(nonsense)
    hub.tell("DiagnosticReport-open", "A1", "D7")
    until(lambda: listening.open_reports.top == "A1")
    for _ in range(2):
        hub.say("garbage")
    until(lambda: len(hub.asked) == 2)


def test_a_message_without_end_ends_the_connection(hub: Hub, listening: Subscriber) -> None:
    hub.say("x" * (300 * 1024))
    until(lambda: len(hub.asked) == 2 and hub.connected == 1)


def test_a_wrong_token_is_tried_again_and_nothing_breaks(hub: Hub) -> None:
    built = subscriber(hub, token="another's")
    built.start()
    until(lambda: not built.confirmed.is_set())
    assert hub.asked == []
    built.token = TOKEN
    until(built.confirmed.is_set)
    built.stop()


@pytest.mark.parametrize(
    "endpoint", ["ws://127.0.0.1:9/x", "file:///etc/passwd", "wss://evil.example/x", "ws://[", "x"]
)
def test_an_endpoint_elsewhere_is_not_connected_to(hub: Hub, endpoint: str) -> None:
    hub.endpoint = endpoint
    built = subscriber(hub)
    built.start()
    until(lambda: len(hub.asked) >= 2)
    assert not built.confirmed.is_set()
    built.stop()


def test_a_denial_is_asked_about_again_later(hub: Hub) -> None:
    hub.greet = [json.dumps({"hub.mode": "denied", "hub.reason": "no such session"})]
    built = subscriber(hub)
    built.start()
    until(lambda: len(hub.asked) >= 2)
    assert not built.confirmed.is_set()
    built.stop()


def test_a_lease_is_renewed_before_it_ends(hub: Hub) -> None:
    hub.greet = [json.dumps({"hub.mode": "subscribe", "hub.lease_seconds": 1})]
    built = subscriber(hub)
    built.start()
    until(lambda: len(hub.asked) >= 2)
    built.stop()


def test_a_hub_that_is_not_there_costs_nothing(hub: Hub) -> None:
    place = hub.place
    built = subscriber(hub)
    hub.close()
    built.start()
    assert built.open_reports.top == ""
    built.stop()
    assert place


def test_only_so_many_reports_are_kept_open() -> None:
    reports = OpenReports()
    for number in range(100):
        reports.heed(Event(event_id="e", topic="t", opens=True, accession_numbers=(f"A{number}",)))
    for number in range(99, 67, -1):
        assert reports.top == f"A{number}"
        reports.heed(Event(event_id="e", topic="t", opens=False, accession_numbers=(f"A{number}",)))
    assert reports.top == ""


@pytest.fixture
def desktops(hub: Hub, clock: StoppedClock) -> Iterator[Desktops]:
    built = Desktops(
        settings=settings(hub, topics={"D7": "session of seven"}, most=2),
        token=TOKEN,
        wire=Wire(),
        clock=clock,
        jitter=lambda: 0.5,
    )
    yield built
    built.close()


def test_a_person_is_subscribed_while_his_page_asks(
    hub: Hub, desktops: Desktops, clock: StoppedClock
) -> None:
    assert desktops.top("") == ""
    assert desktops.top("D7") == ""
    until(lambda: hub.connected == 1)
    assert hub.asked[0]["hub.topic"] == "session of seven"
    hub.tell("DiagnosticReport-open", "A1", "session of seven")
    until(lambda: desktops.top("D7") == "A1")
    clock.advance(minutes=11)
    desktops.top("D8")
    until(lambda: [each["hub.topic"] for each in hub.asked] == ["session of seven", "D8"])
    until(lambda: hub.connected == 1)


def test_only_so_many_people_are_subscribed(hub: Hub, desktops: Desktops) -> None:
    for staff_id in ("D1", "D2", "D3"):
        desktops.top(staff_id)
    until(lambda: hub.connected == 2)
    desktops.close()
    until(lambda: hub.connected == 0)
    assert desktops.top("D4") == ""


@pytest.mark.parametrize(
    "changes",
    [{"topic": "everybody"}, {"topic": "{staff_id}{x}"}, {"allowed": ("other:1",)}, {"plain_http": False}],
)
def test_a_wrong_setting_is_refused(hub: Hub, changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        settings(hub, **changes)
