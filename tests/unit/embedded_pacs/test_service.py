"""The embedded PACS, asked over the wire."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pydicom
import pytest
from patience import PATIENCE_S
from pydicom.data import get_testdata_file
from sr_samples import STUDY, content

from plugin.dimse.server import DimseOptions, DimseServer
from plugin.domain.errors import DeliveryFailed
from plugin.domain.patient import Patient
from plugin.embedded_pacs import EmbeddedPacs
from plugin.embedded_pacs.vault import digest_of
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu
from plugin.sr.content import StudyContext
from plugin.sr.header import ENHANCED_SR
from plugin.sr.qc_sr import build, encode
from plugin.sr.read import read

# What pydicom warns of in hostile identifiers is the point of some tests here.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def test_the_received_bytes_are_kept_as_they_are(archive, scu):
    scu.store([build(content())])
    path = archive.folder / "objects" / digest_of("2.25.1001")[:2] / f"{digest_of('2.25.1001')}.dcm"
    assert path.read_bytes().endswith(encode(content()))
    assert archive.read("2.25.1001").SOPInstanceUID == "2.25.1001"


def test_stored_found_and_fetched_with_the_same_content(scu):
    made = content()
    scu.store([build(made)])
    found = scu.find_study(STUDY)
    assert str(found.PatientName) == "张三"
    assert found.StudyDescription == "头颅MRI平扫+增强"
    [back] = scu.get(STUDY)
    assert read(back).content.scored == read(build(made)).content.scored


def test_gb18030_is_found_and_fetched(scu):
    made = content(charset="GB18030", patient=Patient(patient_id="P9", name="龘𠮷"))
    scu.store([build(made)])
    assert [str(ds.PatientName) for ds in scu.find_studies(PatientName="龘*")] == ["龘𠮷"]
    [back] = scu.get(STUDY)
    assert back.SpecificCharacterSet == "GB18030"
    assert read(back).content.patient.name == "龘𠮷"


def test_queries(scu):
    for number, (name, day, accession) in enumerate(
        [("张三", "2026-06-01", "A1"), ("李四", "2026-05-01", "A2"), ("ZHANG^SAN=张^三", "2026-04-01", "B1")]
    ):
        scu.store(
            [
                build(
                    content(
                        patient=Patient(patient_id=f"P{number}", name=name),
                        study=StudyContext(
                            study_instance_uid=f"2.25.9{number}", accession_number=accession, performed_at=day
                        ),
                        sop_instance_uid=f"2.25.8{number}",
                        series_instance_uid=f"2.25.7{number}",
                        evidence=(),
                        scored=content().scored[:1],
                    )
                )
            ]
        )

    def accessions(**keys: str) -> list[str]:
        return sorted(ds.AccessionNumber for ds in scu.find_studies(**keys))

    assert accessions() == ["A1", "A2", "B1"]
    assert accessions(PatientName="张*") == ["A1", "B1"]
    assert accessions(AccessionNumber="A?") == ["A1", "A2"]
    assert accessions(StudyDate="20260415-20260531") == ["A2"]
    assert accessions(PatientID="P1") == ["A2"]
    assert accessions(StudyInstanceUID="2.25.90\\2.25.92") == ["A1", "B1"]
    assert accessions(ModalitiesInStudy="SR") == ["A1", "A2", "B1"]
    assert accessions(ModalitiesInStudy="CT") == []
    assert accessions(PatientID="' OR 1=1--") == []
    assert scu.find_study("2.25.404") is None
    [series] = scu.find_series("2.25.90")
    assert (series.Modality, series.NumberOfSeriesRelatedInstances) == ("SR", 1)
    [instance] = scu.find_instances("2.25.90", series.SeriesInstanceUID)
    assert instance.SOPClassUID == ENHANCED_SR


def test_the_same_instance_twice_is_one(archive, scu):
    scu.store([build(content()), build(content())])
    assert archive.instances(StudyInstanceUID=STUDY) == [(ENHANCED_SR, "2.25.1001")]


def test_compressed_images_come_back_as_they_went(scu):
    for name in ("MR_small_RLE.dcm", "CT_small.dcm", "MR_small_jp2klossless.dcm"):
        sent = pydicom.dcmread(get_testdata_file(name))
        scu.store([sent])
        [back] = scu.get(str(sent.StudyInstanceUID), str(sent.SeriesInstanceUID), str(sent.SOPInstanceUID))
        assert back.file_meta.TransferSyntaxUID == sent.file_meta.TransferSyntaxUID
        assert back.PixelData == sent.PixelData


def test_it_keeps_its_objects_over_a_restart(tmp_path):
    for attempt in range(2):
        pacs = EmbeddedPacs(tmp_path, port=0)
        pacs.start()
        with Scu(PacsNode(ae_title=pacs.ae_title, port=pacs.port)) as scu:
            if attempt == 0:
                scu.store([build(content())])
            assert scu.find_study(STUDY) is not None
        pacs.stop()


def test_commitment_is_reported_on_a_new_association(tmp_path):
    heard = Event()
    results: list[tuple[str, list[str], list[str]]] = []

    def on_commitment(transaction, stored, failed):
        results.append((transaction, list(stored), list(failed)))
        heard.set()

    door = DimseServer(DimseOptions(port=0), on_commitment)
    door.start()
    pacs = EmbeddedPacs(tmp_path, port=0, peers={"SIGNGATE": ("127.0.0.1", door.port)})
    pacs.start()
    try:
        with Scu(PacsNode(ae_title=pacs.ae_title, port=pacs.port)) as scu:
            scu.store([build(content())])
            scu.request_commitment("2.25.42", [(ENHANCED_SR, "2.25.1001"), (ENHANCED_SR, "2.25.404")])
            assert heard.wait(PATIENCE_S)
        assert results == [("2.25.42", ["2.25.1001"], ["2.25.404"])]
    finally:
        pacs.stop()
        door.stop()


def test_commitment_for_a_stranger_is_refused(scu):
    with pytest.raises(DeliveryFailed, match="0x0124") as refused:
        scu.request_commitment("2.25.42", [(ENHANCED_SR, "2.25.1001")])
    assert refused.value.retry is False


def test_a_full_disk_is_out_of_resources(archive, scu, monkeypatch):
    """A700, so that the sender tries again; nothing half-written is left."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(DeliveryFailed) as refused:
            scu.store([build(content())])
    assert refused.value.retry is True
    assert archive.instances() == []
    assert not [path for path in _files(archive.folder) if path.suffix in (".dcm", ".part")]
    scu.store([build(content())])


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}
