"""A message's page: its tree, its merge taken back, and what may be processed again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import StoppedClock
from web_house import BASE, WebHouse, web_house

from plugin.domain.archive import Direction, Envelope, MessageState
from plugin.domain.patient import Patient, PatientMerge
from plugin.domain.people import Role
from plugin.workflow.receive_patient import merge_patients


@pytest.fixture
def house(tmp_path: Path, clock: StoppedClock) -> Iterator[WebHouse]:
    with web_house(tmp_path, clock) as built:
        yield built


def test_a_merge_is_undone_on_the_page_of_its_message(house: WebHouse, clock: StoppedClock) -> None:
    envelope = Envelope(raw=b"MSH|^~\\&|HIS|H\r", peer="10.0.0.9", received_at=clock(), charset="utf-8")
    merge = PatientMerge(prior=Patient(patient_id="P1"), surviving=Patient(patient_id="P2"))
    number = house.store.write(lambda uow: uow.messages.add(envelope, MessageState.ACCEPTED, b""))
    around = house.accounts.around
    merge_id = house.store.write(lambda uow: merge_patients(uow, merge, number, around))
    house.person("staff", Role.QC_STAFF)
    browser = house.signed_in("staff")
    page = browser.get(f"/console/messages/{number}", base_url=BASE).text
    assert f"/console/merges/{merge_id}/undo" in page
    data = {"csrf": house.csrf(browser), "reason": "误合并", "message_id": str(number)}
    assert browser.post(f"/console/merges/{merge_id}/undo", data=data, base_url=BASE).status_code == 303
    assert "/undo" not in browser.get(f"/console/messages/{number}", base_url=BASE).text
    assert browser.post(f"/console/merges/{merge_id}/undo", data=data, base_url=BASE).status_code == 400


def test_a_sent_message_is_not_processed_again(house: WebHouse, clock: StoppedClock) -> None:
    envelope = Envelope(
        raw=b"MSH|^~\\&|SIGNGATE|H\r", peer="emr", received_at=clock(), direction=Direction.SENT
    )
    number = house.store.write(lambda uow: uow.messages.add(envelope, MessageState.REJECTED, b"", error="AR"))
    house.person("staff", Role.QC_STAFF)
    page = house.signed_in("staff").get(f"/console/messages/{number}", base_url=BASE).text
    assert f"/console/messages/{number}/replay" not in page
