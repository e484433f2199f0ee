"""A label is withdrawn by a new object in an archive not of our making: Orthanc holds the images and the states."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import requests
from console_person import ConsolePerson, add_person
from orthanc import Orthanc, running_orthanc
from patience import PATIENCE_S, until
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from recognition_house import DAY, chest, configured
from running import SignGate, order, report, running

from plugin.demo.popup_form import PopupForm, read_form
from plugin.domain.people import Role
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu

pytestmark = pytest.mark.slow
HEAD = "编号,区域,机构,项目,设备,结论,有效期自,有效期至\n"
VALID = "E1,chuanyu,LOCAL,全部,,合格,2026-01-01,2099-12-31\n"
ENDED = "E1,chuanyu,LOCAL,全部,,合格,2026-01-01,2026-01-31\n"


def house(folder: Path, archive: Orthanc) -> Path:
    """The configuration of a hospital whose archive is Orthanc, and which asks about the images of every report."""
    config = configured(folder)
    site = config / "site.toml"
    node = (
        f'[pacs.archive]\nae_title = "{archive.ae_title}"\nport = {archive.dicom_port}\ncommitment = "none"'
    )
    site.write_text(
        re.sub(r"(?s)\[pacs\.archive\].*?(?=\n\n)", node, site.read_text("utf-8"), count=1), "utf-8"
    )
    policy = '[forms]\nsubmit = ["image"]\n[[policy]]\nname = "全部"\np = 1.0\n'
    (config / "gate.toml").write_text(policy, "utf-8")
    return config


def fuller(archive: Orthanc, image: Dataset, before: dict[str, str]) -> dict[str, str]:
    """The states of the study once there are more of them than before."""
    now = states(archive, image)
    return now if now.keys() - before.keys() else {}


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


def signed(gate: SignGate, number: str) -> PopupForm:
    """The radiologist signs and gets the form about the images; every suggestion of the rules is turned down."""
    signer = {"id": "D7", "name": "王五", "role": "senior"}
    event = {"event_id": f"e-{number}", "action": "submit", "accession_number": number, "signer": signer}
    held = gate.call("POST", "/hooks/report-sign", event).json()
    form = read_form(requests.get(held["popup_url"], timeout=PATIENCE_S).text)
    form.fields.update(dict.fromkeys(form.choices, "no"))
    return form


def posted(gate: SignGate, path: str, fields: dict[str, str]) -> str:
    answer = requests.post(gate.web + path, data=fields, timeout=PATIENCE_S)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_what_lapses_is_withdrawn_by_new_objects(tmp_path: Path) -> None:
    """A corrected report, an amended score, an evaluation that ended: each is said on the images."""
    (tmp_path / "orthanc").mkdir()
    data = tmp_path / "data"
    with running_orthanc(tmp_path / "orthanc", {"SIGNGATE": ("127.0.0.1", 1)}) as archive:
        config = house(tmp_path, archive)
        add_person(data, "staff", Role.QC_STAFF)
        with running(data, "--config", str(config)) as gate:
            staff = ConsolePerson(gate.web, "staff")
            staff.press("/console/recognition/evaluations", table=HEAD + VALID)
            images = {number: study(number) for number in ("A1", "A2", "A3")}
            before = {number: labelled(gate, archive, image) for number, image in images.items()}
            assert all("川渝 HR" in text for found in before.values() for text in found.values())
            first = images["A1"]
            with Scu(PacsNode(ae_title=archive.ae_title, port=archive.dicom_port, commitment="none")) as scu:
                (kept,) = scu.get(str(first.StudyInstanceUID), str(first.SeriesInstanceUID))
            assert kept.InstitutionName == "Test Hospital 川渝 HR"
            assert kept.PixelData == first.PixelData

            def withdrawn(number: str) -> bool:
                """Said by a new object, beside what was given; the other studies are as they were."""
                now = until(lambda: fuller(archive, images[number], before[number]))
                assert all("互认标识已撤销" in now[uid] for uid in now.keys() - before[number].keys())
                assert before[number].items() <= now.items(), "what was given stays on record"
                before[number] = now
                return before == {each: states(archive, image) for each, image in images.items()}

            # The report of the first is corrected into an examination that no list holds.
            corrected = (
                final("A1")
                .replace("胸部CT平扫|||".encode(), "胸部CT灌注|||".encode())
                .replace(b"||CT|F\r", b"||CT|C\r")
                .replace(b"|UA1|", b"|UA1v2|")
                .replace(f"{DAY}090000||CT".encode(), f"{DAY}093000||CT".encode())
            )
            assert gate.send(corrected).code == "AA"
            assert withdrawn("A1")

            # The images of the third are scored as good, and a moment later as useless.
            form = signed(gate, "A3")
            posted(gate, "/qc", form.fields)
            assert states(archive, images["A3"]) == before["A3"]
            again = read_form(posted(gate, "/qc/take-back", {"form_token": form.fields["form_token"]}))
            assert again.fields["form_token"] != form.fields["form_token"]
            posted(gate, "/qc", {**again.fields, "m.IMG-F1": "1", "r.IMG-F1": "运动伪影"})
            assert withdrawn("A3")

            # The evaluation of the hospital ended in January.
            staff.press("/console/recognition/evaluations", table=HEAD + ENDED)
            assert withdrawn("A2")
            check = {
                "patient": {"patient_id": "P1", "assigning_authority": "H001"},
                "exam_item": "CT胸部平扫",
                "modality": "CT",
                "order_number": "RA9",
            }
            assert gate.call("POST", "/hooks/order-check", check).json()["offers"] == []
            assert gate.terminate() == 0
