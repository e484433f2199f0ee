"""Neighbours asked over real sockets, by both roads: by identifier and issuer, within their time."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace

import pydicom
import pytest
from orthanc import Orthanc, running_orthanc
from patience import PATIENCE_S
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid

from plugin.domain.recognition import Institution
from plugin.pacs.dicomweb import DicomWebNode
from plugin.pacs.neighbours import Neighbour, NeighbourArchives
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu

CITY = Institution(institution_id="H2", name="测试市医院", level=3)
ROADS = ("c-find", "qido")


def image(accession_number: str, patient_id: str = "P1", issuer: str = "H001", **changes: str) -> Dataset:
    ds = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientID, ds.IssuerOfPatientID, ds.AccessionNumber = patient_id, issuer, accession_number
    # Who has the same name is another person.
    ds.PatientName, ds.StudyDescription, ds.InstitutionName = "张三", "胸部CT平扫", "测试市医院 川渝 HR"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = generate_uid(), generate_uid()
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    return ds


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    """An archive with a labelled study, the report beside it, and other people's."""
    with running_orthanc(tmp_path_factory.mktemp("neighbour"), {"SIGNGATE": ("127.0.0.1", 1)}) as running:
        labelled = image("N1")
        report = image(
            "N1", StudyInstanceUID=labelled.StudyInstanceUID, Modality="SR", InstitutionName="别处"
        )
        with Scu(PacsNode(ae_title=running.ae_title, port=running.dicom_port, commitment="none")) as scu:
            scu.store([labelled, report, image("N2", "P2"), image("N4", "P4", "H009")])
        yield running


def city(server: Orthanc, road: str) -> Neighbour:
    node: PacsNode | DicomWebNode = PacsNode(
        ae_title=server.ae_title, port=server.dicom_port, commitment="none"
    )
    if road == "qido":
        node = DicomWebNode(url=server.dicomweb, user=server.user, password=server.password)
    return Neighbour(name="city", node=node, institution=CITY, assigning_authority="H001")


@pytest.mark.parametrize("road", ROADS)
def test_a_labelled_study_is_found_by_identifier_and_issuer(server: Orthanc, road: str) -> None:
    archives = NeighbourArchives(neighbours=(city(server, road),), timeout_s=PATIENCE_S)
    (found,) = archives.studies("P1", "H001")
    assert (found.accession_number, found.labelled_name) == ("N1", "测试市医院 川渝 HR")
    assert (found.description, found.modality, found.source) == ("胸部CT平扫", "CT", "city")
    assert found.performed_at.startswith("20040119 072730")
    assert found.study_instance_uid


@pytest.mark.parametrize("road", ROADS)
def test_nobody_else_is_taken_for_the_patient(server: Orthanc, road: str) -> None:
    neighbour = city(server, road)
    archives = NeighbourArchives(neighbours=(neighbour,), timeout_s=PATIENCE_S)
    # The same name under another number, another issuer's patients, an empty number, part of a number.
    assert [each.accession_number for each in archives.studies("P2", "H001")] == ["N2"]
    for patient_id, issuer in (("P1", "H002"), ("P4", "H001"), ("", "H001"), ("P", "H001")):
        assert not archives.studies(patient_id, issuer), (patient_id, issuer)
    elsewhere = replace(neighbour, assigning_authority="H002")
    assert not NeighbourArchives(neighbours=(elsewhere,), timeout_s=PATIENCE_S).studies("P1", "H002")


@pytest.fixture
def silent() -> Iterator[int]:
    """A port that takes connections and never answers."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_neighbour_that_is_away_or_hangs_keeps_nobody_waiting(server: Orthanc, silent: int) -> None:
    nodes = {
        "hanging": PacsNode(port=silent, association_timeout_s=1),
        "hanging by http": DicomWebNode(url=f"http://127.0.0.1:{silent}", timeout_s=1),
        "away": PacsNode(port=1),
        "away by http": DicomWebNode(url="http://127.0.0.1:1/dicom-web"),
        "no dicomweb there": DicomWebNode(url=server.url, user=server.user, password=server.password),
    }
    others = tuple(
        Neighbour(name=name, node=node, institution=CITY, assigning_authority="H001")
        for name, node in nodes.items()
    )
    archives = NeighbourArchives(neighbours=(*others, city(server, "c-find")), timeout_s=PATIENCE_S)
    assert [each.accession_number for each in archives.studies("P1", "H001")] == ["N1"]
    # Who would hang for long is left behind when the time for all is over.
    hangs = DicomWebNode(url=f"http://127.0.0.1:{silent}", timeout_s=PATIENCE_S)
    hanging = Neighbour(name="hanging", node=hangs, institution=CITY, assigning_authority="H001")
    archives = NeighbourArchives(neighbours=(hanging,), timeout_s=0.1)
    assert archives.studies("P1", "H001") == []
    assert archives._hanging["hanging"] == 1, "it hung when we were answered"


def test_a_dead_neighbour_is_not_asked_by_every_order(server: Orthanc, silent: int) -> None:
    dead = Neighbour(
        name="dead",
        node=DicomWebNode(url=f"http://127.0.0.1:{silent}", timeout_s=PATIENCE_S),
        institution=CITY,
        assigning_authority="H001",
    )
    archives = NeighbourArchives(neighbours=(dead,), timeout_s=0.05)
    before = set(threading.enumerate())
    for _ in range(20):
        assert not archives.studies("P1", "H001")
    asking = set(threading.enumerate()) - before
    assert len(asking) == archives._hanging["dead"] == 2
