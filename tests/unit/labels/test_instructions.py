"""What is written for archives: run by a real Orthanc, read as XML for dcm4chee."""

from __future__ import annotations

import shutil
import subprocess
from datetime import date
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pydicom
import pytest
import requests
from conftest import need_tool
from orthanc import running_orthanc
from patience import until
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

from plugin.domain.errors import InvalidInput
from plugin.labels.instructions import Standing, dcm4chee_xsl, orthanc_lua
from plugin.labels.text import Mark, Placement

MARK = Mark(text="川渝 HR", placement=Placement.TOP_RIGHT, institution="测试医院", aliases=("TEST HOSPITAL",))
CHEST = Standing(
    modality="CT",
    description="胸部CT平扫",
    device="",
    valid_from=date(2020, 1, 1),
    valid_to=date(2099, 12, 31),
)
HEAD = Standing(
    modality="CT",
    description="头颅CT平扫",
    device="CT-2",
    valid_from=date(2020, 1, 1),
    valid_to=date(2021, 12, 31),
)


def image(number: int, description: str = "胸部CT平扫", institution: str = "Test Hospital") -> Dataset:
    ds = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.StudyDescription, ds.InstitutionName, ds.StudyDate = description, institution, "20260601"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"2.25.{number}"
    return ds


def names_in(url: str, session: requests.Session, count: int) -> dict[str, str]:
    """SOP Instance UID to InstitutionName, once all have come to rest."""

    def at_rest() -> dict[str, str]:
        found = {}
        for key in session.get(f"{url}/instances").json():
            answer = session.get(f"{url}/instances/{key}/file")
            if answer.ok:
                ds = pydicom.dcmread(BytesIO(answer.content))
                found[str(ds.SOPInstanceUID)] = str(ds.InstitutionName)
        return found if len(found) == count and any("川渝" in name for name in found.values()) else {}

    return until(at_rest, pause_s=0.2)


def test_a_real_orthanc_follows_the_script(tmp_path: Path) -> None:
    with running_orthanc(tmp_path, {}, lua=orthanc_lua(MARK, [CHEST, HEAD])) as server:
        session = server.http()
        sent = {
            "2.25.1": image(1, institution="TEST HOSPITAL"),
            "2.25.2": image(2, institution="另一医院"),
            "2.25.3": image(3, description="腹部CT平扫", institution="测试医院"),
            "2.25.4": image(4, description="头颅CT平扫", institution="测试医院"),
        }
        latin = image(5, institution="测试医院")
        latin.SpecificCharacterSet, latin.InstitutionName, latin.StudyDescription = (
            "ISO_IR 100",
            "TEST HOSPITAL",
            "CHEST",
        )
        sent["2.25.5"] = latin
        for ds in sent.values():
            body = BytesIO()
            ds.save_as(body)
            assert session.post(f"{server.url}/instances", data=body.getvalue()).ok
        found = names_in(server.url, session, len(sent))
    assert found == {
        "2.25.1": "测试医院 川渝 HR",
        "2.25.2": "另一医院",
        "2.25.3": "测试医院",
        "2.25.4": "测试医院",
        "2.25.5": "TEST HOSPITAL",
    }


def test_the_stylesheet_marks_what_stands(tmp_path: Path) -> None:
    text = dcm4chee_xsl(MARK, [CHEST])
    root = ElementTree.fromstring(text)
    tests = [each.get("test") for each in root.iter("{http://www.w3.org/1999/XSL/Transform}when")]
    assert tests == [
        "DicomAttribute[@tag='00080060']/Value='CT' and DicomAttribute[@tag='00081030']/Value='胸部CT平扫'"
    ]
    if shutil.which("xsltproc") is None:
        need_tool("xsltproc", "dcmdump")
        return
    (tmp_path / "a.xsl").write_text(text, "utf-8")
    for name, marked in (("测试医院", True), ("另一医院", False)):
        (tmp_path / "a.xml").write_text(
            "<NativeDicomModel><DicomAttribute tag='00080060'><Value>CT</Value></DicomAttribute>"
            "<DicomAttribute tag='00081030'><Value>胸部CT平扫</Value></DicomAttribute>"
            f"<DicomAttribute tag='00080080'><Value>{name}</Value></DicomAttribute></NativeDicomModel>",
            "utf-8",
        )
        output = subprocess.run(
            ["xsltproc", tmp_path / "a.xsl", tmp_path / "a.xml"], capture_output=True, text=True, check=True
        ).stdout
        assert ("川渝 HR" in output) is marked


@pytest.mark.parametrize("text", ["胸部\nCT", "a'b\"c", "x\\y"])
def test_names_that_would_break_out_are_refused(text: str) -> None:
    bad = Standing(
        modality="CT", description=text, device="", valid_from=date(2020, 1, 1), valid_to=date(2021, 1, 1)
    )
    with pytest.raises(InvalidInput):
        dcm4chee_xsl(MARK, [bad])


def test_quotes_stay_inside_their_strings() -> None:
    from dataclasses import replace

    script = orthanc_lua(MARK, [replace(CHEST, description='a" } os.exit() --')])
    assert '"a\\" } os.exit() --"' in script
