"""Attacks on the DICOM doors; each test bears the number of its row (design: attacks)."""

from __future__ import annotations

import time
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from patience import PATIENCE_S
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.dimse_primitives import C_STORE
from sr_samples import REPORT_FORM, content, sheet

from plugin.dimse.server import DimseOptions, DimseServer
from plugin.domain.errors import DeliveryFailed
from plugin.domain.patient import Patient
from plugin.embedded_pacs import EmbeddedPacs
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.sr.content import ScoredForm
from plugin.sr.encode import element, sequence
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build, encode

# What pydicom warns of in hostile identifiers is the point here.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


@pytest.fixture
def archive(tmp_path):
    pacs = EmbeddedPacs(tmp_path / "pacs", port=0)
    pacs.start()
    yield pacs
    pacs.stop()


@pytest.mark.parametrize("uid", ["../x", "..\\x", "C:\\x", "/etc/x", "1.2\0/../x", "9" * 65, "1.2.x"])
def test_s11_a_uid_that_is_a_path_is_refused(archive, uid):
    """Nothing is written outside, and nothing inside either."""
    before = _files(archive.folder.parent)
    assert _raw_store(archive.port, uid, uid) in (0xA900, 0x0117, None)
    assert _files(archive.folder.parent) == before


def test_s11_command_and_object_must_name_the_same_instance(archive):
    assert _raw_store(archive.port, "2.25.5", "2.25.6") == 0xA900
    assert archive.instances() == []


def test_s12_bytes_that_are_no_data_set_are_refused_and_the_association_goes_on(archive):
    """The status says so; the next object is stored."""
    assert _raw_store(archive.port, "2.25.5", "2.25.5", body=b"\x08\0\x05\0ZZ\xff\xff\xff") in (
        0xA900,
        0xC000,
    )
    assert _raw_store(archive.port, "2.25.5", "2.25.5") == 0x0000


def test_s13_another_called_ae_title_is_rejected(archive):
    with Scu(PacsNode(ae_title="OTHER", port=archive.port)) as scu, pytest.raises(DeliveryFailed) as refused:
        scu.echo()
    assert refused.value.retry is False
    assert "called AE title" in refused.value.text


def test_s13_strangers_are_rejected_where_only_known_callers_may_come(tmp_path):
    pacs = EmbeddedPacs(tmp_path, port=0, peers={"FRIEND": ("127.0.0.1", 1)}, known_only=True)
    pacs.start()
    try:
        with Scu(PacsNode(ae_title=pacs.ae_title, port=pacs.port)) as scu:
            assert _refusal(scu) == "our AE title is not known there"
        friend = PacsNode(ae_title=pacs.ae_title, port=pacs.port, own_ae_title="FRIEND")
        with Scu(friend) as scu:
            scu.echo()
    finally:
        pacs.stop()


def test_s13_associations_are_capped(tmp_path):
    """The cap refuses for now; those inside go on."""
    pacs = EmbeddedPacs(tmp_path, port=0, max_associations=2)
    pacs.start()
    node = PacsNode(ae_title=pacs.ae_title, port=pacs.port)
    clients = [Scu(node) for _ in range(3)]
    try:
        clients[0].echo()
        clients[1].echo()
        with pytest.raises(DeliveryFailed) as refused:
            clients[2].echo()
        assert refused.value.retry is True
        clients[0].echo()
    finally:
        for client in clients:
            client.close()
        pacs.stop()


@pytest.mark.parametrize("uid", ["../x", "1.2.x"])
def test_s11_our_door_hands_no_such_uid_on(uid):
    got = []
    door = DimseServer(DimseOptions(port=0, ae_title="SIGNGATEPACS"), lambda *told: None, got.append)
    door.start()
    try:
        assert _raw_store(door.port, uid, uid) in (0xA900, 0x0117, None)
        assert got == []
    finally:
        door.stop()


def test_s12_nesting_and_lengths_that_lie_are_survived(archive):
    """Two thousand levels, and a value of 4 GiB: an answer each, and the next object is stored."""
    inner = b""
    for _ in range(2000):
        inner = element(0x0040A040, "CS", b"CONTAINER") + sequence(0x0040A730, [inner] if inner else [])
    opening = b"\x40\x00\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    lie = b"\x40\x00\x60\xa1UT\0\0\xfe\xff\xff\xff"
    for number, tail in enumerate((inner, opening * 2000, lie)):
        status = _raw_store(archive.port, f"2.25.5{number}", f"2.25.5{number}", tail=tail)
        assert status in (0x0000, 0xA900, 0xC000)
    assert _raw_store(archive.port, "2.25.6", "2.25.6") == 0x0000


def test_s12_deflated_objects_are_not_taken(archive):
    ae = AE(ae_title="SIGNGATE")
    ae.add_requested_context(ENHANCED_SR, DeflatedExplicitVRLittleEndian)
    association = ae.associate("127.0.0.1", archive.port, ae_title=archive.ae_title)
    assert not association.is_established


def test_s15_escape_bytes_are_shown_and_not_sent(archive):
    hostile = "甲\x1b$)A乙"
    made = content(
        patient=Patient(patient_id="P1", name=hostile),
        scored=(ScoredForm(form=REPORT_FORM, sheet=sheet(REPORT_FORM, scorer_name=hostile)),),
        evidence=(),
        charset="GB18030",
    )
    assert b"\x1b" not in encode(made)
    with Scu(PacsNode(ae_title=archive.ae_title, port=archive.port)) as scu:
        scu.store([build(made)])
    assert str(archive.read(made.sop_instance_uid).PatientName) == "甲␛$)A乙"


def _refusal(scu: Scu) -> str:
    with pytest.raises(DeliveryFailed) as refused:
        scu.echo()
    return refused.value.text.rpartition(": ")[2]


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _raw_store(port: int, command_uid: str, object_uid: str, body: bytes | None = None, tail: bytes = b""):
    """C-STORE with identifiers and bytes that pynetdicom's own checks would not let pass."""
    if body is None:
        body = b"".join(
            _element(tag, value)
            for tag, value in (
                (0x00080016, ENHANCED_SR),
                (0x00080018, object_uid),
                (0x0020000D, "2.25.1"),
                (0x0020000E, "2.25.2"),
            )
        )
    ae = AE(ae_title="SIGNGATE")
    ae.dimse_timeout = PATIENCE_S
    ae.add_requested_context(ENHANCED_SR, "1.2.840.10008.1.2.1")
    association = ae.associate("127.0.0.1", port, ae_title="SIGNGATEPACS")
    assert association.is_established
    request = C_STORE()
    request.MessageID, request.Priority, request.AffectedSOPClassUID = 1, 2, ENHANCED_SR
    # The setter would refuse what this test is about.
    request._affected_sop_instance_uid = UID(command_uid, pydicom.config.IGNORE)
    request.DataSet = BytesIO(body + tail)
    try:
        # As pynetdicom's own send methods do: its reactor must not take the answer.
        association._reactor_checkpoint.clear()
        while not association._is_paused:
            time.sleep(0.001)
        association.dimse.send_msg(request, association.accepted_contexts[0].context_id)
        _, answer = association.dimse.get_msg(block=True)
        return None if answer is None else answer.Status
    finally:
        if association.is_established:
            association.abort()


def _element(tag: int, value: str) -> bytes:
    raw = value.encode("latin-1")
    raw += b"\0" * (len(raw) % 2)
    return (
        (tag >> 16).to_bytes(2, "little")
        + (tag & 0xFFFF).to_bytes(2, "little")
        + b"UI"
        + len(raw).to_bytes(2, "little")
        + raw
    )
