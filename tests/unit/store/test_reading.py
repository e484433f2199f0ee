"""Lists for pages, over a real database that real journeys have filled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, REPORT, WRONG_SIDE, WebHouse, event, hidden, web_house

from plugin.domain.archive import Envelope, MessageFilter, MessageState
from plugin.domain.delivery import JobKind
from plugin.domain.errors import InvalidInput
from plugin.domain.gate import GateState
from plugin.domain.listing import Page
from plugin.domain.people import Role
from plugin.store.reading import SqlReading

BLEEDING = {**REPORT, "findings": "右侧基底节区见团块状高密度影。", "impression": "右侧基底节区脑出血。"}


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


@pytest.fixture
def reading(house: WebHouse) -> SqlReading:
    return SqlReading(house.store, house.jobs)


def test_exams_count_the_issues_of_the_version_that_stands(house: WebHouse, reading: SqlReading) -> None:
    house.hold(1, report=WRONG_SIDE)
    (row,) = reading.exams("", Page()).rows
    assert (row.accession_number, row.patient_name, row.report_status, row.errors) == ("A1", "张三", "F", 1)
    house.call("POST", "/hooks/report-sign", _corrected())
    (row,) = reading.exams("A1", Page()).rows
    assert row.errors == 0
    assert [v.number for v in reading.versions("A1")] == [2, 1]
    assert [len([i for i in v.issues if i.rule == "laterality"]) for v in reading.versions("A1")] == [0, 1]


def _corrected() -> dict[str, object]:
    late = {**REPORT, "report": {**REPORT["report"], "reported_at": "2026-06-01 09:30:00"}}
    return {**event(1, report=late), "event_id": "second click"}


def test_rows_of_one_instant_are_neither_lost_nor_doubled(house: WebHouse, reading: SqlReading) -> None:
    for number in range(1, 8):
        house.hold(number)
    seen, page = [], Page(limit=3)
    while True:
        listing = reading.gates(page)
        seen += [gate.accession_number for gate in listing.rows]
        if not listing.next_cursor:
            break
        page = Page(limit=3, cursor=listing.next_cursor)
    assert sorted(seen) == [f"A{n}" for n in range(1, 8)]


def test_gates_are_picked_by_state_and_signer(house: WebHouse, reading: SqlReading) -> None:
    house.hold(1)
    house.hold(2, signer={"id": "D8", "name": "赵六", "role": "senior"})
    assert [g.accession_number for g in reading.gates(Page(), signer_id="D8").rows] == ["A2"]
    assert reading.gates(Page(), state=GateState.RELEASED).rows == []
    assert len(reading.gates(Page(), state=GateState.HELD).rows) == 2


def test_what_a_signer_owes(house: WebHouse, reading: SqlReading) -> None:
    gate_id = house.hold()["gate_id"]
    assert [gate.gate_id for gate in reading.owed("D7")] == [gate_id]
    house.store.write(lambda uow: house.journeys.decide_sign.held.expire(uow, gate_id))
    assert [gate.owed for gate in reading.owed("D7")] == [True]
    assert reading.owed("D8") == []
    assert reading.owed("") == []


def test_alerts_come_with_their_patient_and_by_department(house: WebHouse, reading: SqlReading) -> None:
    house.hold(report=BLEEDING)
    (row,) = reading.alerts(Page(), open_only=True, department="呼吸科").rows
    assert (row.alert.finding.code, row.patient_name, row.department) == ("ICH", "张三", "呼吸科")
    assert reading.alerts(Page(), department="骨科").rows == []


def test_messages_by_state_and_by_what_they_are_about(
    house: WebHouse, reading: SqlReading, clock: StoppedClock
) -> None:
    for state, control_id in ((MessageState.ACCEPTED, "1"), (MessageState.QUARANTINED, "2")):
        envelope = Envelope(raw=b"MSH|", peer="", received_at=clock(), control_id=control_id)
        house.store.write(lambda uow, e=envelope, s=state: uow.messages.add(e, s, b"", accession_number="A9"))
    assert [
        m.control_id for m in reading.messages(Page(), MessageFilter(state=MessageState.QUARANTINED)).rows
    ] == ["2"]
    assert [m.control_id for m in reading.messages(Page(), MessageFilter(number="1")).rows] == ["1"]
    assert len(reading.messages(Page(), MessageFilter(number="A9")).rows) == 2


def test_jobs_of_an_examination_are_all_there(house: WebHouse, reading: SqlReading) -> None:
    house.hold(1, report=BLEEDING)
    house.hold(2)
    kinds = {job.kind for job in reading.jobs_of("A1")}
    assert {JobKind.EXPIRE_GATE, JobKind.SEND_NOTICE, JobKind.ESCALATE_ALERT} <= kinds
    assert reading.jobs_of("%") == []


def test_scored_sheets_of_a_time(house: WebHouse, reading: SqlReading, clock: StoppedClock) -> None:
    page = house.client().get(house.ticket(), base_url=BASE).text
    house.client().post("/qc", data={"form_token": hidden(page, "form_token")}, base_url=BASE)
    now = clock()
    (row,) = reading.scored(now, now + timedelta(seconds=1))
    assert (row.modality, row.exam_item, row.sheet.result.score) == ("CT", "胸部CT平扫", 5)
    assert row.inclusion == 1.0
    assert reading.scored(now - timedelta(days=1), now) == []
    assert len(reading.sheets(Page()).rows) == 1


def test_audit_and_accounts(house: WebHouse, reading: SqlReading) -> None:
    house.person("wang", Role.HEAD)
    first = reading.audit(Page(limit=1))
    assert first.rows[0].action == "account.password"
    assert reading.audit(Page(limit=1, cursor=first.next_cursor)).rows[0].action == "account.added"
    assert [account.login for account in reading.accounts()] == ["wang"]


@pytest.mark.parametrize("cursor", ["x", "1", "1.", ".1", "-1.a", "9" * 30 + ".a", "１.a"])
def test_a_cursor_that_we_never_gave_is_refused(reading: SqlReading, cursor: str) -> None:
    with pytest.raises(InvalidInput, match="cursor"):
        reading.gates(Page(cursor=cursor))
