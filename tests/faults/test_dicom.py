"""Faults of the PACS at our end of the association; each test bears the number of its row (design: faults)."""

from __future__ import annotations

import time
from threading import Event

import pytest
from patience import PATIENCE_S
from ports import free_port
from pynetdicom import AE, evt
from sr_samples import STUDY, content

from plugin.dimse.server import DimseOptions, DimseServer
from plugin.domain.errors import DeliveryFailed
from plugin.embedded_pacs import EmbeddedPacs
from plugin.embedded_pacs.vault import digest_of
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build


def node(port: int, ae_title: str = "SIGNGATEPACS") -> PacsNode:
    return PacsNode(
        ae_title=ae_title, port=port, association_timeout_s=PATIENCE_S, answer_timeout_s=PATIENCE_S
    )


def test_r9_what_failed_while_the_pacs_was_down_is_stored_over_one_association(tmp_path):
    port = free_port()
    objects = [build(content(sop_instance_uid=f"2.25.9{n}")) for n in range(30)]
    with Scu(node(port)) as scu:
        for ds in objects[:3]:
            with pytest.raises(DeliveryFailed) as failed:
                scu.store([ds])
            assert failed.value.retry is True
        pacs = EmbeddedPacs(tmp_path, port=port)
        pacs.start()
        opened = []
        pacs._server.bind(evt.EVT_ESTABLISHED, lambda event: opened.append(event.assoc))
        try:
            for ds in objects:
                scu.store([ds])
            assert len(pacs.instances(StudyInstanceUID=STUDY)) == 30
            assert len(opened) == 1
        finally:
            scu.close()
            pacs.stop()


def test_r16_sending_again_after_any_crash_stores_no_second_object(tmp_path):
    """The worker was killed before it could write down that the object is stored."""
    pacs = EmbeddedPacs(tmp_path, port=0)
    pacs.start()
    try:
        for _ in range(2):  # a new process has a new association, and the same identity to send
            with Scu(node(pacs.port)) as scu:
                scu.store([build(content())])
        assert len(pacs.instances()) == 1
    finally:
        pacs.stop()


@pytest.mark.parametrize(
    ("answers", "retries"),
    [([0xA700, 0x0110, 0x0000], [True, True]), ([0xC000], [False]), ([0xA900], [False]), ([0xB000], [])],
)
def test_r28_statuses_in_turn(answers, retries):
    left = list(answers)
    ae = AE(ae_title="SIGNGATEPACS")
    ae.add_supported_context(ENHANCED_SR)
    server = ae.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, lambda event: left.pop(0))]
    )
    said = []
    try:
        with Scu(node(server.server_address[1])) as scu:
            for _ in answers:
                try:
                    scu.store([build(content())])
                except DeliveryFailed as failed:
                    said.append(failed.retry)
    finally:
        server.shutdown()
        ae.shutdown()
    assert said == retries


def test_r29_an_object_that_the_pacs_lost_is_reported_as_failed_and_can_be_sent_again(tmp_path):
    heard, told = Event(), []

    def on_commitment(transaction, stored, failed):
        told.append((transaction, list(stored), list(failed)))
        heard.set()

    door = DimseServer(DimseOptions(port=0), on_commitment)
    door.start()
    pacs = EmbeddedPacs(tmp_path, port=0, peers={"SIGNGATE": ("127.0.0.1", door.port)})
    pacs.start()
    uid = "2.25.1001"
    try:
        with Scu(node(pacs.port)) as scu:
            for attempt, transaction in enumerate(("2.25.71", "2.25.72")):
                scu.store([build(content())])
                if attempt == 0:
                    (tmp_path / "objects" / digest_of(uid)[:2] / f"{digest_of(uid)}.dcm").unlink()
                heard.clear()
                scu.request_commitment(transaction, [(ENHANCED_SR, uid)])
                assert heard.wait(PATIENCE_S)
    finally:
        pacs.stop()
        door.stop()
    assert told == [("2.25.71", [], [uid]), ("2.25.72", [uid], [])]


def test_r29_a_report_waits_for_a_door_that_is_closed_for_a_while(tmp_path):
    heard = Event()
    port = free_port()
    pacs = EmbeddedPacs(tmp_path, port=0, peers={"SIGNGATE": ("127.0.0.1", port)})
    pacs.start()
    door = DimseServer(DimseOptions(port=port), lambda *told: heard.set())
    try:
        with Scu(node(pacs.port)) as scu:
            scu.store([build(content())])
            scu.request_commitment("2.25.73", [(ENHANCED_SR, "2.25.1001")])
            time.sleep(0.3)
            door.start()
            assert heard.wait(PATIENCE_S)
    finally:
        pacs.stop()
        door.stop()


def test_r30_a_refused_presentation_context_is_left_to_a_person_with_its_reason():
    ae = AE(ae_title="SIGNGATEPACS")
    ae.add_supported_context("1.2.840.10008.1.1")
    server = ae.start_server(("127.0.0.1", 0), block=False)
    try:
        with Scu(node(server.server_address[1])) as scu, pytest.raises(DeliveryFailed) as failed:
            scu.store([build(content())])
    finally:
        server.shutdown()
        ae.shutdown()
    assert failed.value.retry is False
    assert "Enhanced SR" in failed.value.text
