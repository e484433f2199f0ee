"""A label's whole life over real sockets: earned at ingest, offered at ordering, cited, withdrawn."""

from __future__ import annotations

from pathlib import Path

from patience import until
from pydicom.dataset import Dataset
from recognition_house import DAY, chest, configured, evaluate
from running import order, report, running

from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu


def test_earned_offered_cited_withdrawn(tmp_path: Path) -> None:
    config, data = configured(tmp_path), tmp_path / "data"
    data.mkdir()
    evaluate(config, data, "合格")
    image = chest()
    with running(data, "--config", str(config)) as gate:
        archive = PacsNode(ae_title="EMBEDDED", port=gate.base + 3, commitment="none")
        gate.send(order("A1"))
        with Scu(PacsNode(ae_title="SIGNGATE", port=gate.base + 2, commitment="none")) as scu:
            scu.store([image])
        gate.send(
            report("A1", "双肺纹理清晰，未见实变影。", "胸部CT平扫未见明显异常。").replace(
                b"20260601", DAY.encode()
            )
        )
        with Scu(archive) as scu:
            (stored,) = scu.get(str(image.StudyInstanceUID), str(image.SeriesInstanceUID))
            assert stored.InstitutionName == "Test Hospital 川渝 HR"
            assert stored.PixelData == image.PixelData
            presentation = until(lambda: presentations(scu, image))
        check = {
            "patient": {"patient_id": "P1", "assigning_authority": "H001"},
            "exam_item": "CT胸部平扫",
            "modality": "CT",
            "order_number": "RA2",
        }
        (offer,) = gate.call("POST", "/hooks/order-check", check).json()["offers"]
        assert (offer["accession_number"], offer["mark"]) == ("A1", "川渝 HR")
        # The order itself arrives: the offer is the one that was made for its draft.
        gate.send(order("A2", item="CT胸部平扫"))
        (again,) = gate.call("POST", "/hooks/order-check", check).json()["offers"]
        assert again["offer_id"] == offer["offer_id"]
        accepted = gate.call("POST", f"/hooks/order-check/{offer['offer_id']}/accept", {"who": "D3"}).json()
        assert "胸部CT平扫未见明显异常。" in accepted["citation"]
        assert gate.terminate() == 0

    evaluate(config, data, "不合格")
    with running(data, "--config", str(config)) as gate:
        archive = PacsNode(ae_title="EMBEDDED", port=gate.base + 3, commitment="none")
        with Scu(archive) as scu:
            # The review after the import withdraws: by a new object, never by silence.
            withdrawn = until(lambda: presentations(scu, image) - presentation)
        assert withdrawn
        check["order_number"] = "RA3"
        assert gate.call("POST", "/hooks/order-check", check).json()["offers"] == []


def presentations(scu: Scu, image: Dataset) -> frozenset[str]:
    """SOP Instance UIDs of the study's presentation states."""
    uid = str(image.StudyInstanceUID)
    return frozenset(
        str(instance.SOPInstanceUID)
        for series in scu.find_series(uid)
        if series.Modality == "PR"
        for instance in scu.find_instances(uid, str(series.SeriesInstanceUID))
    )
