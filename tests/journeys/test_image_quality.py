"""Images of poor quality through the running gateway: what is wrong with them reaches the one who signs."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from patience import until
from PIL import Image, ImageDraw
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid
from recognition_house import DAY
from running import SignGate, order, report, running

from plugin.demo.phantoms import planes
from plugin.labels.plate import font
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu

pytestmark = pytest.mark.slow
STUDY, SERIES = generate_uid(), generate_uid()


def film(values: np.ndarray, number: int, **changes: object) -> Dataset:
    """A radiograph of `values`, 12 bits, with the header of a sound one."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = STUDY, SERIES
    ds.PatientID, ds.PatientName, ds.PatientSex, ds.PatientAge = "P1", "张三", "M", "072Y"
    ds.PatientBirthDate = "19540101"
    ds.AccessionNumber, ds.Modality, ds.InstitutionName, ds.StationName = "A1", "DX", "测试医院", "DR01"
    ds.StudyDate = ds.AcquisitionDate = DAY
    ds.StudyTime = ds.AcquisitionTime = "080000"
    ds.SeriesNumber, ds.InstanceNumber, ds.KVP = 1, number, 120
    ds.ViewPosition, ds.ImageLaterality, ds.BodyPartExamined = "PA", "U", "CHEST"
    ds.Rows, ds.Columns, ds.SamplesPerPixel, ds.PhotometricInterpretation = *values.shape, 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = values.astype(np.uint16).tobytes()
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    return ds


def chest() -> np.ndarray:
    plane = planes("chest_dx", "", 2, 1)[0].astype(np.float32)
    image = Image.fromarray(plane).resize((1000, 1000), Image.Resampling.BILINEAR)
    return np.clip(np.asarray(image) + np.random.default_rng(1).normal(0, 12, (1000, 1000)), 0, 4000)


def stamped() -> np.ndarray:
    canvas = Image.new("L", (1000, 1000))
    ImageDraw.Draw(canvas).text((450, 500), "L", fill=255, font=font(60))
    return np.where(np.asarray(canvas) >= 128, 4095, chest())


def told(gate: SignGate, number: str) -> dict[str, str]:
    """Rule to message of a new sign event."""
    answer = gate.call(
        "POST",
        "/hooks/report-sign",
        {
            "event_id": f"click-{time.time_ns()}",
            "action": "submit",
            "accession_number": number,
            "signer": {"id": "D7", "name": "王五", "role": "attending"},
        },
    )
    assert answer.status_code == 200, answer.text
    return {issue["rule"]: issue["message"] for issue in answer.json()["issues"]}


def complete(found: dict[str, str]) -> dict[str, str] | None:
    """Once both flawed images have been looked at."""
    return found if {"pixel_values", "covering_marks"} <= set(found) else None


def test_what_pixels_and_headers_say_reaches_the_one_who_signs(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with running(data) as gate:
        gate.send(order("A1", item="胸部DR正侧位").replace(b"|CT\r", b"|DX\r"))
        flawed = [
            film(np.zeros((1000, 1000)), 1),
            film(stamped(), 2),
            film(chest(), 3, ViewPosition="PA", DeviationIndex="4.5", PatientSex=""),
        ]
        with Scu(PacsNode(ae_title="SIGNGATE", port=gate.base + 2, commitment="none")) as scu:
            scu.store(flawed)
        text = report("A1", "双肺纹理清晰，未见实变影。", "胸部未见明显异常。")
        gate.send(text)
        found = until(lambda: complete(told(gate, "A1")))
        assert isinstance(found, dict)
        assert "1幅影像没有内容" in found["pixel_values"]
        assert found["covering_marks"] == "1幅影像的标识遮挡解剖结构"
        assert "曝光过度" in found["exposure"]
        assert "性别" in found["required_marks"]
        assert "3幅影像，可能重照" in found["repeated_views"]
