"""Neighbours asked over real sockets: by identifier and issuer, within their time."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from pathlib import Path

import pydicom
from orthanc import running_orthanc
from pydicom.data import get_testdata_file

from plugin.domain.recognition import Institution
from plugin.pacs.neighbours import Neighbour, NeighbourArchives
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu

CITY = Institution(institution_id="H2", name="测试市医院", level=3)


def test_a_labelled_study_is_found_and_another_issuers_is_not(tmp_path: Path) -> None:
    with running_orthanc(tmp_path, {"SIGNGATE": ("127.0.0.1", 1)}) as server:
        node = PacsNode(ae_title=server.ae_title, port=server.dicom_port, commitment="none")
        ds = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
        ds.SpecificCharacterSet = "ISO_IR 192"
        ds.PatientID, ds.IssuerOfPatientID, ds.AccessionNumber = "P1", "H001", "N1"
        ds.StudyDescription, ds.InstitutionName = "胸部CT平扫", "测试市医院 川渝 HR"
        with Scu(node) as scu:
            scu.store([ds])
        neighbour = Neighbour(name="city", node=node, institution=CITY, assigning_authority="H001")
        archives = NeighbourArchives(neighbours=(neighbour,), timeout_s=10)
        (found,) = archives.studies("P1", "H001")
        assert (found.accession_number, found.labelled_name) == ("N1", "测试市医院 川渝 HR")
        assert (found.description, found.modality, found.source) == ("胸部CT平扫", "CT", "city")
        assert archives.studies("P1", "H002") == ()
        assert archives.studies("P2", "H001") == []
        other = replace(neighbour, assigning_authority="H002")
        assert NeighbourArchives(neighbours=(other,), timeout_s=10).studies("P1", "H002") == []


def test_a_neighbour_that_is_away_or_hangs_keeps_nobody_waiting() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        hanging = PacsNode(port=silent.getsockname()[1], association_timeout_s=2, answer_timeout_s=2)
        away = PacsNode(port=1)
        archives = NeighbourArchives(
            neighbours=tuple(
                Neighbour(name=name, node=node, institution=CITY, assigning_authority="H001")
                for name, node in (("hanging", hanging), ("away", away))
            ),
            timeout_s=0.5,
        )
        started = time.monotonic()
        assert archives.studies("P1", "H001") == []
        assert time.monotonic() - started < 1.5
