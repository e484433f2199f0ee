"""Our door: what comes in reaches its callback, and what the callback says is the status."""

from __future__ import annotations

from contextlib import contextmanager
from io import BytesIO

import pytest
import structlog
from patience import PATIENCE_S
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom import AE, build_role
from sr_samples import content

from plugin.dimse.server import COMMITMENT, INSTANCE_AVAILABILITY, AnnouncedStudy, DimseOptions, DimseServer
from plugin.domain.errors import DeliveryFailed, InvalidInput, NotAllowed, PluginError, StoreUnavailable
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build, encode


@contextmanager
def door(on_commitment=lambda *told: None, on_store=None, on_available=None, **options):
    server = DimseServer(DimseOptions(port=0, **options), on_commitment, on_store, on_available)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def association(port: int, uid: str, **roles):
    ae = AE(ae_title="PACS")
    ae.dimse_timeout = PATIENCE_S
    ae.add_requested_context(uid)
    made = ae.associate(
        "127.0.0.1", port, ae_title="SIGNGATE", ext_neg=[build_role(uid, **roles)] if roles else []
    )
    assert made.is_established
    try:
        yield made
    finally:
        made.release()


def report(stored=(), failed=()) -> Dataset:
    ds = Dataset()
    ds.TransactionUID = "2.25.7"
    for keyword, uids in (("ReferencedSOPSequence", stored), ("FailedSOPSequence", failed)):
        items = []
        for uid in uids:
            item = Dataset()
            item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = ENHANCED_SR, uid
            if keyword == "FailedSOPSequence":
                item.FailureReason = 0x0112
            items.append(item)
        if items:
            setattr(ds, keyword, Sequence(items))
    return ds


@pytest.mark.parametrize("roles", [{"scp_role": True}, {"scu_role": True, "scp_role": True}])
def test_commitment_results_reach_the_callback(roles):
    told = []
    with (
        door(lambda *what: told.append(what)) as server,
        association(server.port, COMMITMENT, **roles) as made,
    ):
        status, _ = made.send_n_event_report(
            report(["2.25.1"], ["2.25.2"]), 2, COMMITMENT, "1.2.840.10008.1.20.1.1"
        )
    assert status.Status == 0x0000
    assert told == [("2.25.7", ["2.25.1"], {"2.25.2": 0x0112})]


def test_a_result_that_could_not_be_written_down_is_not_acknowledged():
    def fail(*_):
        raise StoreUnavailable("database is away")

    with door(fail) as server, association(server.port, COMMITMENT, scp_role=True) as made:
        status, _ = made.send_n_event_report(report(["2.25.1"]), 1, COMMITMENT, "1.2.840.10008.1.20.1.1")
        assert status.Status == 0x0213


def test_a_transaction_that_is_named_by_no_uid_is_refused():
    told = []
    named = report(["2.25.1"])
    named.TransactionUID = "ZHANG^SAN"
    with (
        structlog.testing.capture_logs() as lines,
        door(lambda *what: told.append(what)) as server,
        association(server.port, COMMITMENT, scp_role=True) as made,
    ):
        status, _ = made.send_n_event_report(named, 1, COMMITMENT, "1.2.840.10008.1.20.1.1")
    assert status.Status == 0x0115
    assert told == []
    assert "ZHANG" not in repr(lines)


def test_an_announced_study_reaches_the_callback():
    told: list[AnnouncedStudy] = []
    attributes = Dataset()
    attributes.StudyInstanceUID = "2.25.1"
    series, item, offline = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = "2.25.11"
    for one, uid, state in ((item, "2.25.111", "ONLINE"), (offline, "2.25.112", "OFFLINE")):
        one.ReferencedSOPClassUID, one.ReferencedSOPInstanceUID = ENHANCED_SR, uid
        one.InstanceAvailability = state
    series.ReferencedSOPSequence = Sequence([item, offline])
    attributes.ReferencedSeriesSequence = Sequence([series])
    with (
        door(on_available=told.append) as server,
        association(server.port, INSTANCE_AVAILABILITY) as made,
    ):
        status, _ = made.send_n_create(attributes, INSTANCE_AVAILABILITY, "2.25.9")
    assert status.Status == 0x0000
    assert told == [AnnouncedStudy("2.25.1", (("2.25.11", ENHANCED_SR, "2.25.111"),))]


def test_objects_are_handed_on_as_they_came():
    got = []
    with door(on_store=got.append) as server, Scu(PacsNode(ae_title="SIGNGATE", port=server.port)) as scu:
        scu.echo()
        scu.store([build(content())])
    [received] = got
    assert received.part10.endswith(encode(content()))
    assert (received.sop_class_uid, received.sop_instance_uid) == (ENHANCED_SR, "2.25.1001")
    assert received.calling_ae_title == "SIGNGATE"
    assert dcmread(BytesIO(received.part10)).PatientName == "张三"


@pytest.mark.parametrize(
    ("error", "status", "retry"),
    [
        (StoreUnavailable("full"), "0xA700", True),
        (DeliveryFailed("PACS away", retry=True), "0xA700", True),
        (DeliveryFailed("PACS refuses", retry=False), "0xC000", False),
        (InvalidInput("StudyInstanceUID", "missing"), "0xA900", False),
        (NotAllowed("not from there"), "0x0124", False),
        (ZeroDivisionError(), "0x0110", True),
    ],
)
def test_what_the_callback_raises_is_the_status(error, status, retry):
    def fail(_):
        raise error

    with door(on_store=fail) as server, Scu(PacsNode(ae_title="SIGNGATE", port=server.port)) as scu:
        with pytest.raises(DeliveryFailed, match=status) as failed:
            scu.store([build(content())])
        assert failed.value.retry is retry
        scu.echo()  # the association is still there


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("张三 is no number"), {"error": "ValueError"}),
        (PluginError("张三 is unknown"), {"error": "PluginError"}),
        (InvalidInput("PatientName", "'张三' is too long"), {"field": "PatientName"}),
    ],
)
def test_what_a_peer_sent_is_not_quoted_in_the_log(error, told):
    def fail(_):
        raise error

    with (
        structlog.testing.capture_logs() as lines,
        door(on_store=fail) as server,
        Scu(PacsNode(ae_title="SIGNGATE", port=server.port)) as scu,
        pytest.raises(DeliveryFailed),
    ):
        scu.store([build(content())])
    [line] = [line for line in lines if line.get("service") == "C-STORE"]
    assert line["subject"] == "2.25.1001"
    assert told.items() <= line.items()
    assert "张三" not in repr(lines)
    assert "Traceback" not in repr(lines) and "exc_info" not in repr(lines)


def test_without_a_callback_storage_is_not_offered():
    with door() as server, Scu(PacsNode(ae_title="SIGNGATE", port=server.port)) as scu:
        scu.echo()
        with pytest.raises(DeliveryFailed, match="does not take"):
            scu.store([build(content())])


def test_other_ae_titles_are_rejected():
    """S13."""
    with door(known_callers=("FRIEND",)) as server:
        for called, calling, welcome in (
            ("SIGNGATE", "FRIEND", True),
            ("SIGNGATE", "STRANGER", False),
            ("OTHER", "FRIEND", False),
        ):
            node = PacsNode(ae_title=called, own_ae_title=calling, port=server.port)
            with Scu(node) as scu:
                if welcome:
                    scu.echo()
                else:
                    with pytest.raises(DeliveryFailed):
                        scu.echo()


def test_a_taken_port_is_named():
    with door() as server:
        second = DimseServer(DimseOptions(port=server.port), lambda *told: None)
        with pytest.raises(StoreUnavailable, match=str(server.port)):
            second.start()
