"""Labels are drawn series by series, from headers where an archive tells them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

import pytest
from document_house import ACCESSION, STUDY
from orthanc import running_orthanc
from ports import free_port
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file

from plugin.delivery.send_label import SendLabel
from plugin.delivery.study_facts import filed_under
from plugin.domain.delivery import Job, JobKind, JobState
from plugin.domain.errors import DeliveryFailed
from plugin.domain.recognition import Label, LabelDecision
from plugin.labels.writers import WRITERS
from plugin.pacs.dicomweb import DicomWeb, DicomWebNode
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu

NOW = datetime(2026, 6, 1, 8, 0, tzinfo=UTC)
LABEL = Label(
    label_id="L1",
    accession_number=ACCESSION,
    study_instance_uid=STUDY,
    decision=LabelDecision(eligible=True, region_id="chuanyu", mark="川渝 HR"),
    decided_at=NOW,
)
JOB = Job(
    job_id=1,
    kind=JobKind.SEND_LABEL,
    lane="label",
    key="label",
    payload={"label_id": "L1", "act": "stamp"},
    state=JobState.RUNNING,
    attempts=1,
    max_attempts=3,
    due_at=NOW,
    fence=1,
    created_at=NOW,
)


class Watched(Scu):
    """Remembers which series it fetched with their pixels."""

    fetched: list[str]

    def get(self, *keys: Any, **more: Any) -> Any:
        self.fetched.append(keys[1])
        return super().get(*keys, **more)


def put(scu: Scu, series: int, *, windowed: bool) -> None:
    ds = dcmread(get_testdata_file("MR_small.dcm"))
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SeriesNumber = STUDY, f"{STUDY}.{series}", series
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{STUDY}.{series}.1"
    ds.AccessionNumber = ACCESSION
    if not windowed:
        del ds.WindowCenter, ds.WindowWidth
    scu.store([ds])


def test_pixels_are_fetched_only_where_the_header_does_not_tell_enough(tmp_path: Path) -> None:
    with running_orthanc(tmp_path, {"SIGNGATE": ("127.0.0.1", free_port())}) as orthanc:
        web = DicomWebNode(url=orthanc.dicomweb, user=orthanc.user, password=orthanc.password)
        with (
            Watched(PacsNode(ae_title=orthanc.ae_title, port=orthanc.dicom_port)) as scu,
            DicomWeb(web) as headers,
        ):
            scu.fetched = []
            put(scu, 1, windowed=True)
            put(scu, 2, windowed=False)
            send = SendLabel(
                read=lambda query: LABEL,
                archive=scu,
                write=WRITERS.build("gsps", {}),
                institution_name="测试医院",
                placements={},
                clock=lambda: NOW,
                headers=headers,
            )
            effect = send(JOB)
            assert scu.fetched == [f"{STUDY}.2"]
            states = [
                ds
                for series in scu.find_series(STUDY)
                if series.Modality == "PR"
                for ds in scu.find_instances(STUDY, str(series.SeriesInstanceUID))
            ]
            assert sorted(int(ds.InstanceNumber) for ds in states) == [1, 101]
    assert effect is not None


class Archive:
    """Answers a question with a wildcard in it as PS3.4 C.2.2.2.4 says."""

    node = "archive"

    def find_studies(self, AccessionNumber: str) -> list[Dataset]:
        found = []
        for number, uid in (("A1", "1.1"), ("A*", "1.2")):
            if fnmatchcase(number, AccessionNumber):
                ds = Dataset()
                ds.AccessionNumber, ds.StudyInstanceUID = number, uid
                found.append(ds)
        return found


def test_a_wildcard_in_a_number_is_no_question_for_other_peoples_studies() -> None:
    assert filed_under(Archive(), "A*") == ("1.2",)
    assert filed_under(Archive(), "A?") == ()


def test_no_label_goes_on_the_images_of_another_number() -> None:
    send = SendLabel(
        read=lambda query: replace(LABEL, study_instance_uid="", accession_number="A?"),
        archive=cast(Scu, Archive()),
        write=WRITERS.build("gsps", {}),
        institution_name="测试医院",
        placements={},
        clock=lambda: NOW,
    )
    with pytest.raises(DeliveryFailed, match="no images of this examination"):
        send(JOB)
