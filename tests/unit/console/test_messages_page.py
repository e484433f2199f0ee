"""A message's page: its tree, its merge taken back, and what may be processed again."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import StoppedClock
from flask.testing import FlaskClient
from running import order, report
from web_house import BASE, WebHouse, web_house
from werkzeug.test import TestResponse

from plugin.domain.archive import ArchivedMessage, Direction, Envelope, MessageFilter, MessageState
from plugin.domain.delivery import JobState
from plugin.domain.listing import Page
from plugin.domain.patient import Patient, PatientMerge
from plugin.domain.people import Role
from plugin.domain.turned_away import OTHERS, Reason, TurnedAway
from plugin.store.reading import SqlReading
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


def test_refused_connections_stand_on_the_page_with_what_to_do(house: WebHouse, clock: StoppedClock) -> None:
    house.person("staff", Role.QC_STAFF)
    browser = house.signed_in("staff")
    assert "turned-away" not in browser.get("/console/messages", base_url=BASE).text
    refused = [
        TurnedAway(
            peer=peer,
            listener="hl7-tls",
            reason=reason,
            detail=detail,
            count=17,
            first_at=clock(),
            last_at=clock(),
        )
        for peer, reason, detail in (
            ("10.9.8.7", Reason.HANDSHAKE, "certificate has expired"),
            (OTHERS, Reason.FULL, ""),
        )
    ]
    house.store.write(lambda uow: uow.turned_away.add(refused))
    page = browser.get("/console/messages", base_url=BASE).text
    for words in ("10.9.8.7", "17", "certificate has expired", "TLS 握手失败", "其他来源", "连接总数已满"):
        assert words in page


def test_a_sent_message_is_not_processed_again(house: WebHouse, clock: StoppedClock) -> None:
    envelope = Envelope(
        raw=b"MSH|^~\\&|SIGNGATE|H\r", peer="emr", received_at=clock(), direction=Direction.SENT
    )
    number = house.store.write(lambda uow: uow.messages.add(envelope, MessageState.REJECTED, b"", error="AR"))
    house.person("staff", Role.QC_STAFF)
    page = house.signed_in("staff").get(f"/console/messages/{number}", base_url=BASE).text
    assert f"/console/messages/{number}/replay" not in page


UNKNOWN = report("M2", "双肺纹理清晰。", "未见异常。").replace(b"&GDT", b"").replace(b"&IMP", b"").replace(b"FINDING^", b"X1^").replace(b"IMPRESSION^", b"X2^").replace("影像描述".encode(), b"").replace("诊断结论".encode(), b"")  # fmt: skip
"""A report whose sections the default profile does not know."""


def found(house: WebHouse, **asked: Any) -> list[ArchivedMessage]:
    return list(SqlReading(house.store, house.jobs).messages(Page(), MessageFilter(**asked)).rows)


@pytest.fixture
def browser(house: WebHouse) -> FlaskClient:
    house.person("staff", Role.QC_STAFF)
    return house.signed_in("staff")


def post(house: WebHouse, browser: FlaskClient, path: str, **data: str) -> TestResponse:
    return browser.post(path, data={"csrf": house.csrf(browser), **data}, base_url=BASE)


def test_a_garbled_message_is_previewed_side_by_side_and_then_processed(
    house: WebHouse, browser: FlaskClient
) -> None:
    house.receive(order("M1").replace(b"CT", b"CT\xff\xff", 1).replace(b"CT\xff\xff", b"\xff\xff"))
    (kept,) = found(house, number="OM1")
    assert kept.state is MessageState.QUARANTINED
    path = f"/console/messages/{kept.message_id}"
    page = browser.get(f"{path}?preview=1&charset=8859%2F1&profile=default", base_url=BASE).text
    assert "do not decode" in page and "iso8859-1 · default" in page
    assert "<mark>M1</mark>" in page and "ÿÿ" in page
    assert found(house, number="OM1") == [kept], "a preview changes nothing"
    assert post(house, browser, f"{path}/replay", charset="KLINGON").status_code == 400
    assert post(house, browser, f"{path}/replay", charset="8859/1").status_code == 303
    known = house.store.read(lambda uow: uow.exams.order("M1"))
    assert known is not None and "ÿÿ" in known[0].exam_item
    (done,) = found(house, number="OM1")
    assert done.state is MessageState.ACCEPTED


def test_a_message_that_had_its_effect_is_processed_again_only_when_that_is_said(
    house: WebHouse, browser: FlaskClient
) -> None:
    house.receive(order("M1"))
    path = f"/console/messages/{found(house)[0].message_id}/replay"
    assert post(house, browser, path).status_code == 409
    assert post(house, browser, path, again="yes").status_code == 303


def test_all_that_a_filter_finds_is_processed_again_in_the_order_it_came(
    house: WebHouse, browser: FlaskClient
) -> None:
    house.receive(
        order("M0"), UNKNOWN, order("M3").replace(b"|NW|", b"|??|"), UNKNOWN.replace(b"UM2", b"UM4")
    )
    page = browser.get("/console/messages?state=rejected", base_url=BASE).text
    assert 'action="/console/messages/replay"' in page and "UM2" in page
    answer = post(house, browser, "/console/messages/replay", state="rejected", profile="marked")
    assert answer.status_code == 400, "a profile that is not there"
    answer = post(house, browser, "/console/messages/replay", state="rejected", since="2026-06-01T00:00")
    assert "accepted=0&refused=3" in answer.headers["Location"]
    assert "仍拒绝 3 条" in browser.get(answer.headers["Location"], base_url=BASE).text
    replay = post(house, browser, "/console/messages/replay", kind="ORM", charset="GB 18030-2000")
    assert "accepted=0&refused=1" in replay.headers["Location"], "what was accepted is left alone"
    assert post(house, browser, "/console/messages/replay", since="gestern").status_code == 400


def test_more_than_one_press_may_do_is_not_begun(
    house: WebHouse, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plugin.console.messages.AT_ONCE", 1)
    house.receive(UNKNOWN, UNKNOWN.replace(b"UM2", b"UM4"))
    answer = post(house, browser, "/console/messages/replay", state="rejected")
    assert answer.status_code == 400 and "narrow it by time" in answer.text


def test_a_refused_message_is_set_aside_with_its_reason_and_an_accepted_one_is_not(
    house: WebHouse, browser: FlaskClient
) -> None:
    house.receive(order("M1"), UNKNOWN)
    refused, accepted = found(house)
    answer = post(house, browser, f"/console/messages/{refused.message_id}/set-aside", reason="问厂商")
    assert answer.status_code == 303
    (kept,) = found(house, state=MessageState.QUARANTINED)
    assert kept.message_id == refused.message_id and kept.error.endswith("; 问厂商")
    assert (
        post(house, browser, f"/console/messages/{accepted.message_id}/set-aside", reason="x").status_code
        == 409
    )
    assert post(house, browser, "/console/messages/99/set-aside", reason="x").status_code == 404


def test_the_bytes_are_downloaded_as_they_came(house: WebHouse, browser: FlaskClient) -> None:
    house.receive(UNKNOWN)
    answer = browser.get(f"/console/messages/{found(house)[0].message_id}/raw", base_url=BASE)
    assert answer.data == UNKNOWN
    assert answer.headers["Content-Disposition"] == 'attachment; filename="message-1.hl7"'
    assert browser.get("/console/messages/99/raw", base_url=BASE).status_code == 404


def test_a_document_beside_the_report_is_handed_out_as_a_file_and_never_as_a_page(
    house: WebHouse, browser: FlaskClient
) -> None:
    def with_documents(*contents: bytes) -> bytes:
        lines = [
            b"OBX|%d|ED|Z%d^\\X3C\b\\X3E\\||RIS^text^html^Base64^%s||||||F\r" % (9 + n, n, b64encode(content))
            for n, content in enumerate(contents)
        ]
        return report("M1", "双肺纹理清晰。", "未见异常。") + b"".join(lines)

    html = b"<script>alert(1)</script>"
    house.receive(
        order("M1"), with_documents(b"%PDF-1.4 x", html) + b"OBX|20|ED|ZZ||RIS^a^pdf^Base64^$$||||||F\r"
    )
    page = browser.get("/console/exams/M1", base_url=BASE).text
    assert "报告附件" in page and "附件编码损坏" in page and "<b>Z0" not in page
    assert "报告附件" in browser.get("/console/messages/2", base_url=BASE).text
    found = {
        each.attachment.code: each for each in house.store.read(lambda uow: uow.attachments.for_exam("M1"))
    }
    expected = {
        "Z0": ("application/pdf", b"%PDF-1.4 x", "pdf"),
        "Z1": ("application/octet-stream", html, "bin"),
    }
    for code, (media_type, content, ending) in expected.items():
        number = found[code].attachment_id
        answer = browser.get(f"/console/attachments/{number}", base_url=BASE)
        assert (answer.data, answer.headers["Content-Type"]) == (content, media_type)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="attachment-{number}.{ending}"'
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert browser.get(f"/console/attachments/{found['ZZ'].attachment_id}", base_url=BASE).status_code == 404
    house.person("system", Role.SYSTEM_ADMIN)
    stranger = house.signed_in("system")
    assert stranger.get(f"/console/attachments/{number}", base_url=BASE).status_code == 403


def test_the_head_has_old_messages_deleted_and_nobody_else_may(house: WebHouse, browser: FlaskClient) -> None:
    house.receive(order("M1"))
    assert 'action="/console/messages/prune"' not in browser.get("/console/messages", base_url=BASE).text
    assert post(house, browser, "/console/messages/prune", days="30").status_code == 403
    house.person("head", Role.HEAD)
    head = house.signed_in("head")
    assert 'action="/console/messages/prune"' in head.get("/console/messages", base_url=BASE).text
    assert post(house, head, "/console/messages/prune", days="all").status_code == 400
    answer = post(house, head, "/console/messages/prune", days="30")
    assert answer.status_code == 303
    assert "之前的消息" in head.get(answer.headers["Location"], base_url=BASE).text
    assert [job.payload["actor"] for job in house.jobs.listing(JobState.PENDING) if job.payload] == ["head"]
