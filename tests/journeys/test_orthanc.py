"""A PACS not of our making: store, commitment, query, retrieve, value by value."""

from __future__ import annotations

import socket
from dataclasses import replace
from threading import Event

import pydicom
import pytest
from orthanc import running_orthanc
from patience import PATIENCE_S
from pydicom.data import get_testdata_file
from sr_samples import STUDY, content

from plugin.dimse.server import DimseOptions, DimseServer
from plugin.domain.errors import DeliveryFailed
from plugin.domain.patient import Patient
from plugin.kit import prompt_socket
from plugin.pacs.dicomweb import DicomWeb, DicomWebNode
from plugin.pacs.evidence import archived_study, list_evidence
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.sr.content import StudyContext
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build
from plugin.sr.read import read


class Door:
    """Our SCP, remembering what it was told."""

    def __init__(self) -> None:
        self.heard = Event()
        self.results: list[tuple[str, list[str], list[str]]] = []
        self.server = DimseServer(DimseOptions(port=0), self.on_commitment)
        self.server.start()

    def on_commitment(self, transaction, stored, failed):
        self.results.append((transaction, sorted(stored), sorted(failed)))
        self.heard.set()


@pytest.fixture(scope="module")
def door():
    made = Door()
    yield made
    made.server.stop()


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory, door):
    peers = {"SIGNGATE": ("127.0.0.1", door.server.port)}
    with running_orthanc(tmp_path_factory.mktemp("orthanc"), peers) as server:
        yield server


@pytest.fixture
def scu(orthanc):
    with Scu(PacsNode(ae_title=orthanc.ae_title, port=orthanc.dicom_port)) as client:
        yield client


@pytest.fixture
def web(orthanc):
    node = DicomWebNode(url=orthanc.dicomweb, user=orthanc.user, password=orthanc.password)
    with DicomWeb(node) as client:
        yield client


def made(number: int, **changes):
    """A content of its own study, so that tests do not meet."""
    study = StudyContext(
        study_instance_uid=f"2.25.10{number}",
        accession_number=f"A{number}",
        performed_at="2026-06-01 15:02:11",
        description="头颅MRI平扫+增强",
    )
    return content(
        study=study,
        sop_instance_uid=f"2.25.20{number}",
        series_instance_uid=f"2.25.30{number}",
        patient=Patient(patient_id=f"P{number}", name="张三"),
        **changes,
    )


@pytest.mark.parametrize("charset", ["ISO_IR 192", "GB18030"])
def test_stored_committed_and_fetched_value_by_value(scu, door, charset):
    wanted = made(1 if charset == "GB18030" else 2, charset=charset)
    sent = build(wanted)
    assert scu.store([sent])[0].warning == ""
    door.heard.clear()
    uid = wanted.sop_instance_uid
    scu.request_commitment(f"{uid}.1", [(ENHANCED_SR, uid), (ENHANCED_SR, "2.25.404")])
    assert door.heard.wait(PATIENCE_S), "no N-EVENT-REPORT came"
    assert door.results[-1] == (f"{uid}.1", [uid], ["2.25.404"])
    [back] = scu.get(wanted.study.study_instance_uid)
    assert _values(back) == _values(sent)
    assert read(back).content == read(sent).content
    accession = wanted.study.accession_number
    sheets = [replace(scored.sheet, accession_number=accession) for scored in wanted.scored]
    assert [scored.sheet for scored in read(back).content.scored] == sheets


def _values(ds) -> dict:
    """All elements, but for what an archive may add to the file meta information."""
    return {element.tag: (element.VR, str(element.value)) for element in ds}


def test_found_by_c_find_with_hanzi(scu):
    wanted = made(3)
    scu.store([build(wanted)])
    found = scu.find_study(wanted.study.study_instance_uid)
    assert (str(found.PatientName), found.StudyDescription) == ("张三", "头颅MRI平扫+增强")
    assert "A3" in [ds.AccessionNumber for ds in scu.find_studies(PatientName="张*")]
    [series] = scu.find_series(wanted.study.study_instance_uid)
    assert series.Modality == "SR"


def test_found_and_fetched_by_dicomweb(scu, web):
    wanted = made(4)
    scu.store([build(wanted)])
    [study] = web.find_studies(AccessionNumber="A4")
    assert str(study.PatientName) == "张三"
    [series] = web.find_series(wanted.study.study_instance_uid)
    [instance] = web.find_instances(wanted.study.study_instance_uid, str(series.SeriesInstanceUID))
    assert instance.SOPClassUID == ENHANCED_SR
    [back] = web.get(wanted.study.study_instance_uid)
    assert _values(back) == _values(build(wanted))
    assert web.find_study("2.25.404") is None
    assert web.get("2.25.404") == []


def test_stored_by_stow(web):
    wanted = made(5)
    assert [stored.sop_instance_uid for stored in web.store([build(wanted)])] == [wanted.sop_instance_uid]
    [back] = web.get(wanted.study.study_instance_uid, wanted.series_instance_uid, wanted.sop_instance_uid)
    assert read(back).content.scored == read(build(wanted)).content.scored


def test_a_retry_stores_no_second_object(scu):
    """R16: the identity was minted before the first attempt."""
    wanted = made(6)
    for _ in range(3):
        scu.store([build(wanted)])
    assert len(scu.find_instances(wanted.study.study_instance_uid, wanted.series_instance_uid)) == 1


def test_evidence_is_the_study_without_what_was_written_about_it(scu):
    image = pydicom.dcmread(get_testdata_file("MR_small.dcm"))
    scu.store([image])
    study = str(image.StudyInstanceUID)
    about = content(
        study=StudyContext(study_instance_uid=study, accession_number="A7"),
        patient=Patient(patient_id=str(image.PatientID), name=str(image.PatientName)),
        sop_instance_uid="2.25.707",
    )
    scu.store([build(about)])
    evidence = list_evidence(scu, study)
    assert [(e.series_instance_uid, e.instances) for e in evidence] == [
        (str(image.SeriesInstanceUID), ((str(image.SOPClassUID), str(image.SOPInstanceUID)),))
    ]
    assert list_evidence(scu, "2.25.404") == ()


def test_a_study_is_told_as_the_archive_has_filed_it(scu):
    wanted = made(11)
    scu.store([build(wanted)])
    filed = archived_study(scu, wanted.study.study_instance_uid)
    assert (filed.patient.patient_id, filed.patient.name) == ("P11", "张三")
    assert filed.patient.birth_date == wanted.patient.birth_date
    assert (filed.accession_number, filed.modalities) == ("A11", ("SR",))
    # What it says of the time is what a document about the study can be given.
    again = content(study=StudyContext(study_instance_uid="2.25.1", performed_at=filed.performed_at))
    assert (build(again).StudyDate, build(again).StudyTime) == ("20260601", "150211")
    assert archived_study(scu, "2.25.404") is None


def test_compressed_images_are_carried_as_they_are(scu):
    image = pydicom.dcmread(get_testdata_file("MR_small_RLE.dcm"))
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = "2.25.808"
    image.StudyInstanceUID = "2.25.800"
    scu.store([image])
    [back] = scu.get("2.25.800")
    assert back.file_meta.TransferSyntaxUID == image.file_meta.TransferSyntaxUID
    assert back.PixelData == image.PixelData


def test_small_writes_do_not_wait_for_acknowledgements(scu, monkeypatch):
    """Neither side's, 40 ms each: 11 objects a second as pynetdicom is shipped, 85 to 97 so (`signgate bench sr`)."""
    acknowledged = []
    at_once = prompt_socket.acknowledge_at_once
    monkeypatch.setattr(
        prompt_socket, "acknowledge_at_once", lambda sock: (acknowledged.append(sock), at_once(sock))
    )
    scu.store([build(made(9))])
    sock = scu._associations._kept.dul.socket.socket
    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    before = acknowledged.count(sock)
    scu.store([build(made(9))])
    assert acknowledged.count(sock) >= before + 2, "after what was sent and after what has come"


def test_a_caller_that_orthanc_does_not_know_is_told_so(orthanc):
    node = PacsNode(ae_title="WRONG", port=orthanc.dicom_port)
    with Scu(node) as scu, pytest.raises(DeliveryFailed) as refused:
        scu.echo()
    assert refused.value.retry is False


def test_a_wrong_password_is_told(orthanc):
    node = DicomWebNode(url=orthanc.dicomweb, user="tester", password="wrong")
    with DicomWeb(node) as web, pytest.raises(DeliveryFailed, match="401") as refused:
        web.find_study(STUDY)
    assert refused.value.retry is False
