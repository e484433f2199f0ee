"""R33, R35: timers outlive the process, and a channel that fails holds nobody up."""

from __future__ import annotations

import http.client
import socket
import sqlite3
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin.delivery.send_notice import SendNotice
from plugin.domain.critical import AlertState, AlertStep
from plugin.domain.delivery import Job, JobKind, JobState
from plugin.domain.duty import Contact, Duty, Level
from plugin.kit.messages import load_catalogue
from plugin.notify.channels import SiteChannel
from plugin.notify.messages import MessageWriter
from plugin.notify.person_words import PersonWriter
from plugin.notify.tools import Tools
from plugin.notify.webhook import WebhookOptions, send_webhook
from tests.conftest import ROOT, StoppedClock
from tests.patience import until
from tests.ports import free_ports
from tests.running import start
from tests.unit.workflow.conftest import World, world  # noqa: F401  # the fixture of the journeys

ARMED = 50


@pytest.mark.slow
def test_r33_timers_that_came_due_while_nothing_ran_fire_once_oldest_first_and_say_that_they_are_late(
    tmp_path: Path,
) -> None:
    data, base = tmp_path / "data", free_ports(4)
    gate = start(data, base)
    try:
        for _ in range(ARMED):
            assert gate.call("POST", "/hooks/alerts/drill", {"who": "D7"}).status_code == 200
    finally:
        gate.kill()
    with sqlite3.connect(data / "signgate.sqlite") as database:
        # The process was away for two hours: what was armed came due in the meantime.
        away_us = 7200 * 1_000_000
        for change in (
            "update alerts set due_at = due_at - ?, detected_at = detected_at - ?",
            "update jobs set due_at = due_at - ?, created_at = created_at - ? where kind = 'escalate_alert'",
        ):
            database.execute(change, (away_us, away_us))
        database.execute("update lanes set ready_at = ready_at - ? where kind = 'escalate_alert'", (away_us,))
    gate = start(data, base)
    try:
        until(lambda: len(escalations(data)) >= ARMED)
        time.sleep(1)
        rows = escalations(data)
    finally:
        gate.terminate()
    assert len(rows) == ARMED
    assert len({alert_id for alert_id, _, _ in rows}) == ARMED, "each fires once"
    assert all("late 1" in note and note.endswith("min") for _, note, _ in rows), rows[0]
    due = [due_at for _, _, due_at in rows]
    assert due == sorted(due), "oldest first"


def escalations(data: Path) -> list[tuple[str, str, int]]:
    """Alert, note, and when it was detected, in the order of their firing."""
    with sqlite3.connect(f"file:{data / 'signgate.sqlite'}?mode=ro", uri=True) as database:
        return database.execute(
            "select s.alert_id, s.note, a.detected_at from alert_steps s join alerts a using (alert_id)"
            " where s.state = 'escalated' order by s.id"
        ).fetchall()


class Listener:
    """A socket that takes a call and answers as it was told, or never."""

    def __init__(self, answer: bytes) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.calls = 0
        self._answer, self._kept = answer, []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                wire, _ = self._socket.accept()
            except OSError:
                return
            self.calls += 1
            self._kept.append(wire)
            if self._answer:
                with wire.makefile("rb") as said:  # the whole call: who closes on unread words resets
                    length = http.client.parse_headers(said)["Content-Length"] if said.readline() else 0
                    said.read(int(length))
                wire.sendall(self._answer)
                wire.close()

    def close(self) -> None:
        self._socket.close()
        for wire in self._kept:
            wire.close()


def answer(status: str, body: bytes = b"", extra: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{extra}Content-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def tools(clock: StoppedClock) -> Tools:
    catalogue = load_catalogue(ROOT / "config" / "messages")
    people = PersonWriter(catalogue, language="zh_CN", hospital="测试医院", link="", zone=UTC, form_title=str)
    writer = MessageWriter(
        catalogue,
        language="zh_CN",
        hospital="测试医院",
        link=lambda alert_id: f"http://signgate.test/{alert_id}",
        zone=UTC,
    )
    return Tools(writer=writer, people=people, secret=lambda name: "whsec_" + "QUJD" * 8, clock=clock)


FAULTS = {
    "hangs": (b"", "cannot be called"),
    "500": (answer("500 Internal Server Error"), "answered 500"),
    "redirects": (answer("302 Found", extra="Location: http://127.0.0.1/\r\n"), "redirects"),
    "200 with an error": (answer("200 OK", b'{"errcode": 93000}'), "code 93000"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_r35_a_channel_that_fails_is_noticed_in_its_time_and_the_next_used_at_once(
    fault: str,
    world: World,  # noqa: F811  # pytest hands the fixture in by this name
    tools: Tools,
) -> None:
    content, said = FAULTS[fault]
    bad = Listener(content)
    try:
        place = f"127.0.0.1:{bad.port}"
        options = WebhookOptions(
            url=f"http://{place}/robot",
            secret="robot",
            allowed=(place,),
            networks=("127.0.0.0/8",),
            plain_http=True,
            body="wecom",
            timeout_s=0.5 if fault == "hangs" else 30,
        )
        steps = told(world, tools, options)
    finally:
        bad.close()
    assert bad.calls == 1
    assert (steps[-1].state, steps[-1].means) == (AlertState.SENT, "ward_page")
    assert said in steps[-1].note


def test_r35_an_internal_address_that_is_not_allowed_is_never_called(
    world: World,  # noqa: F811  # pytest hands the fixture in by this name
    tools: Tools,
) -> None:
    inside = Listener(answer("200 OK"))
    try:
        place = f"127.0.0.1:{inside.port}"
        options = WebhookOptions(url=f"http://{place}/x", secret="robot", allowed=(place,), plain_http=True)
        steps = told(world, tools, options)
    finally:
        inside.close()
    assert inside.calls == 0
    assert "no allowed address" in steps[-1].note


def told(hospital: World, tools: Tools, first: WebhookOptions) -> list[AlertStep]:
    """Send a drill's notice through the webhook, then the ward page; its trail."""
    alert = hospital.store.write(lambda uow: hospital.journeys.alerting.by_hand.drill(uow, "head", "page"))
    contact = Contact(level=Level.PRIMARY, role="值班医师")
    desk = hospital.journeys.alerts
    send = SendNotice(
        read=hospital.store.read,
        channels=(
            SiteChannel("robot", lambda kit, notice: send_webhook(first, kit, notice), tools),
            SiteChannel("ward_page", lambda kit, notice: False, tools),
        ),
        note_sent=desk.chase.note_sent,
        whom=lambda uow, found: Duty(department="急诊科", contacts=(contact,)),
    )
    effect = send(job(alert.alert_id))
    assert effect is not None
    hospital.store.write(effect)
    return list(hospital.store.read(lambda uow: uow.alerts.trail(alert.alert_id)))


def job(alert_id: str) -> Job:
    at = datetime(2026, 6, 1, tzinfo=UTC)
    return Job(
        job_id=1,
        kind=JobKind.SEND_NOTICE,
        lane="x",
        key="x",
        payload={"alert_id": alert_id, "occasion": "raised", "level": 0},
        state=JobState.RUNNING,
        attempts=1,
        max_attempts=12,
        due_at=at,
        fence=1,
        created_at=at,
    )
