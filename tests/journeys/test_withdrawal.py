"""A label is withdrawn by a new object in an archive not of our making: Orthanc holds the images and the states."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from orthanc import Orthanc, running_orthanc
from patience import until
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from recognition_house import chest, configured, evaluate
from running import SignGate, order, report, running

from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu

pytestmark = pytest.mark.slow
DAY = time.strftime("%Y%m%d")
HEAD = "编号,区域,机构,项目,设备,结论,有效期自,有效期至\n"


def house(folder: Path, archive: Orthanc) -> Path:
    """The configuration of a hospital whose archive is Orthanc."""
    config = configured(folder)
    site = config / "site.toml"
    node = (
        f'[pacs.archive]\nae_title = "{archive.ae_title}"\nport = {archive.dicom_port}\ncommitment = "none"'
    )
    site.write_text(
        re.sub(r"(?s)\[pacs\.archive\].*?(?=\n\n)", node, site.read_text("utf-8"), count=1), "utf-8"
    )
    return config


def states(archive: Orthanc, image: Dataset) -> dict[str, str]:
    """Presentation states of the study in Orthanc: UID to the text that they draw."""
    with Scu(PacsNode(ae_title=archive.ae_title, port=archive.dicom_port, commitment="none")) as scu:
        found = [
            ds
            for series in scu.find_series(str(image.StudyInstanceUID))
            if series.Modality == "PR"
            for ds in scu.get(str(image.StudyInstanceUID), str(series.SeriesInstanceUID))
        ]
    return {
        str(ds.SOPInstanceUID): str(
            ds.GraphicAnnotationSequence[0].TextObjectSequence[0].UnformattedTextValue
        )
        for ds in found
    }


def imported(config: Path, data: Path, row: str) -> None:
    table = data.parent / "expired.csv"
    table.write_text(HEAD + row, "utf-8")
    arguments = ["recognition", "evaluations", str(table), "--author", "qc", "--config", str(config)]
    subprocess.run(
        [sys.executable, "-m", "plugin", *arguments, "--data", str(data)], check=True, capture_output=True
    )


def study(number: str) -> Dataset:
    image = chest()
    image.AccessionNumber = number
    image.StudyInstanceUID, image.SeriesInstanceUID = generate_uid(), generate_uid()
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    return image


def labelled(gate: SignGate, archive: Orthanc, image: Dataset) -> dict[str, str]:
    """Send order, image and report; the states that Orthanc then holds."""
    number = str(image.AccessionNumber)
    gate.send(order(number))
    with Scu(PacsNode(ae_title="SIGNGATE", port=gate.base + 2, commitment="none")) as scu:
        scu.store([image])
    gate.send(final(number))
    found = until(lambda: states(archive, image))
    assert isinstance(found, dict)
    return found


def final(number: str) -> bytes:
    text = report(number, "双肺纹理清晰，未见实变影。", "胸部CT平扫未见明显异常。")
    return text.replace(b"20260601", DAY.encode())


def test_a_corrected_report_and_an_expired_evaluation_withdraw_by_new_objects(tmp_path: Path) -> None:
    (tmp_path / "orthanc").mkdir()
    with running_orthanc(tmp_path / "orthanc", {"SIGNGATE": ("127.0.0.1", 1)}) as archive:
        config, data = house(tmp_path, archive), tmp_path / "data"
        data.mkdir()
        evaluate(config, data, "合格")
        first, second = study("A1"), study("A2")
        with running(data, "--config", str(config)) as gate:
            before = {"A1": labelled(gate, archive, first), "A2": labelled(gate, archive, second)}
            assert all("川渝 HR" in text for found in before.values() for text in found.values())
            with Scu(PacsNode(ae_title=archive.ae_title, port=archive.dicom_port, commitment="none")) as scu:
                (kept,) = scu.get(str(first.StudyInstanceUID), str(first.SeriesInstanceUID))
            assert kept.InstitutionName == "Test Hospital 川渝 HR"
            assert kept.PixelData == first.PixelData
            # The report of the first is corrected into an examination that no list holds.
            corrected = (
                final("A1")
                .replace("胸部CT平扫|||".encode(), "胸部CT灌注|||".encode())
                .replace(b"||CT|F\r", b"||CT|C\r")
                .replace(b"|UA1|", b"|UA1v2|")
                .replace(f"{DAY}090000||CT".encode(), f"{DAY}093000||CT".encode())
            )
            assert gate.send(corrected).code == "AA"
            new = until(lambda: states(archive, first).keys() - before["A1"].keys())
            texts = states(archive, first)
            assert all("互认标识已撤销" in texts[uid] for uid in new), "said on the images, not by silence"
            assert set(before["A1"]) <= set(texts), "what was given stays on record"
            assert states(archive, second) == before["A2"]
            assert gate.terminate() == 0
        imported(config, data, "E1,chuanyu,LOCAL,全部,,合格,2026-01-01,2026-01-31\n")
        with running(data, "--config", str(config)) as gate:
            new = until(lambda: states(archive, second).keys() - before["A2"].keys())
            texts = states(archive, second)
            assert all("互认标识已撤销" in texts[uid] for uid in new)
            check = {
                "patient": {"patient_id": "P1", "assigning_authority": "H001"},
                "exam_item": "CT胸部平扫",
                "modality": "CT",
                "order_number": "RA9",
            }
            assert gate.call("POST", "/hooks/order-check", check).json()["offers"] == []
            assert gate.terminate() == 0
