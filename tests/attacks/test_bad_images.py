"""Bad images at the running gateway and through ``signgate label``: passed on, marked or refused with a reason.

Same study twice, mixed institutions, unknown transfer syntaxes, truncated files, private SOP
classes, institution names of 64 characters, Hanzi into ISO_IR 100.  No original is changed.
"""

from __future__ import annotations

import hashlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from conftest import ROOT
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset
from pydicom.uid import (
    JPEG2000,
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEGExtended12Bit,
    JPEGLossless,
    generate_uid,
)
from pynetdicom import AE
from pynetdicom.dimse_primitives import C_STORE
from recognition_house import DAY, configured, evaluate
from running import SignGate, order, running

from plugin.domain.errors import DeliveryFailed
from plugin.pacs.node import PacsNode
from plugin.pacs.scu import Scu

pytestmark = pytest.mark.slow

PRIVATE = UID("1.3.12.2.1107.5.9.1")
UNKNOWN_SYNTAX = UID("1.2.826.0.1.3680043.9.9999.1")


def chest(**changes: object) -> Dataset:
    ds = pydicom.dcmread(get_testdata_file("CT_small.dcm"))
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.AccessionNumber, ds.PatientID, ds.IssuerOfPatientID = "A1", "P1", "H001"
    ds.StudyDate, ds.StudyDescription, ds.InstitutionName = DAY, "胸部CT平扫", "Test Hospital"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    for keyword, value in changes.items():
        setattr(ds, keyword, value)
    return ds


@dataclass
class House:
    """A gateway whose hospital may mark chest CTs."""

    gate: SignGate

    @property
    def door(self) -> PacsNode:
        return PacsNode(ae_title="SIGNGATE", port=self.gate.base + 2, commitment="none")

    def send(self, *images: Dataset) -> None:
        with Scu(self.door) as scu:
            scu.store(images)

    def stored(self, image: Dataset) -> list[Dataset]:
        with Scu(PacsNode(ae_title="EMBEDDED", port=self.gate.base + 3, commitment="none")) as scu:
            return scu.get(
                str(image.StudyInstanceUID), str(image.SeriesInstanceUID), str(image.SOPInstanceUID)
            )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("gateway")
    config, data = configured(folder), folder / "data"
    data.mkdir()
    evaluate(config, data, "合格")
    with running(data, "--config", str(config)) as gate:
        gate.send(order("A1"))
        yield House(gate)


def test_the_same_image_twice_is_one_image(house: House) -> None:
    image = chest()
    house.send(image, image)
    house.send(image)
    (one,) = house.stored(image)
    assert one.InstitutionName == "Test Hospital 川渝 HR"
    assert one.PixelData == image.PixelData


def test_another_hospitals_image_in_the_study_goes_on_as_it_came(house: House) -> None:
    ours, theirs = chest(), chest(InstitutionName="另一家医院")
    house.send(ours, theirs)
    assert house.stored(ours)[0].InstitutionName == "Test Hospital 川渝 HR"
    assert house.stored(theirs)[0].InstitutionName == "另一家医院"


def test_a_name_of_64_characters_has_no_room_and_goes_on_as_it_came(house: House) -> None:
    full = chest(InstitutionName="Test Hospital".ljust(64, "x"))
    house.send(full)
    assert house.stored(full)[0].InstitutionName == "Test Hospital".ljust(64, "x")


def test_hanzi_into_latin_1_moves_every_text_and_no_pixel(house: House) -> None:
    image = chest(SpecificCharacterSet="ISO_IR 100", StudyDescription="", PatientName="Müller^Ärzte")
    house.send(image)
    (stored,) = house.stored(image)
    assert stored.SpecificCharacterSet == "ISO_IR 192"
    assert stored.InstitutionName == "Test Hospital 川渝 HR"
    assert str(stored.PatientName) == "Müller^Ärzte"
    assert stored.PixelData == image.PixelData


@pytest.mark.parametrize(
    "syntax", [JPEGLossless, JPEGExtended12Bit, JPEG2000, ExplicitVRBigEndian], ids=lambda uid: uid.name[:24]
)
def test_less_common_transfer_syntaxes_pass_untouched(house: House, syntax: UID) -> None:
    image = chest()
    if syntax is ExplicitVRBigEndian:
        image = pydicom.dcmread(get_testdata_file("MR_small_bigendian.dcm"))
        image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    else:
        # What lies in the fragments does not matter: nobody on the road may look.
        image.file_meta.TransferSyntaxUID = syntax
        image.PixelData = pydicom.encaps.encapsulate([b"\xff\xd8" + bytes(200) + b"\xff\xd9"])
        image["PixelData"].VR = "OB"
        image["PixelData"].is_undefined_length = True
    house.send(image)
    # A C-GET would have to propose the syntax: the archive's own file tells.
    stored = next(
        found
        for path in (house.gate.data / "archive").rglob("*")
        if path.is_file()
        and path.suffix == ".dcm"
        and (found := pydicom.dcmread(path)).SOPInstanceUID == image.SOPInstanceUID
    )
    assert stored.file_meta.TransferSyntaxUID == syntax
    assert stored.PixelData == image.PixelData


def raw_store(house: House, sop_class: UID, syntax: UID, data: bytes) -> int | None:
    """Status of a C-STORE of `data` as they are; ``None`` when the context is refused."""
    ae = AE(ae_title="ATTACK")
    ae.add_requested_context(sop_class, [syntax])
    association = ae.associate("127.0.0.1", house.gate.base + 2, ae_title="SIGNGATE")
    try:
        if not association.is_established or not association.accepted_contexts:
            return None
        message = C_STORE()
        message.MessageID = 1
        message.AffectedSOPClassUID, message.AffectedSOPInstanceUID = sop_class, generate_uid()
        message.Priority, message.DataSet = 2, BytesIO(data)
        # pynetdicom's own reader of this association would take the answer from us.
        association._reactor_checkpoint.clear()
        association.dimse.send_msg(message, association.accepted_contexts[0].context_id)
        _, answer = association.dimse.get_msg(block=True)
        return None if answer is None else int(answer.Status)
    finally:
        association.release() if association.is_established else association.kill()


def encoded(image: Dataset) -> bytes:
    buffer = BytesIO()
    image.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()[132 + 12 + image.file_meta.FileMetaInformationGroupLength :]


def test_an_unknown_transfer_syntax_or_a_private_class_is_refused_before_anything_is_sent(
    house: House,
) -> None:
    whole = encoded(chest())
    ct = UID("1.2.840.10008.5.1.4.1.1.2")
    assert raw_store(house, ct, UNKNOWN_SYNTAX, whole) is None
    assert raw_store(house, PRIVATE, ExplicitVRLittleEndian, whole) is None
    house.send(chest())


@pytest.mark.parametrize("left", [0.02, 0.5, 0.999])
def test_a_truncated_object_is_refused_and_the_next_is_taken(house: House, left: float) -> None:
    whole = encoded(chest())
    status = raw_store(
        house,
        UID("1.2.840.10008.5.1.4.1.1.2"),
        ExplicitVRLittleEndian,
        whole[: int(len(whole) * left) // 2 * 2],
    )
    assert status is not None and status != 0x0000, "a sender that is told success deletes its copy"
    image = chest()
    house.send(image)
    assert house.stored(image)


def test_a_sender_that_hangs_up_in_the_middle_leaves_the_door_open(house: House) -> None:
    with socket.create_connection(("127.0.0.1", house.gate.base + 2)) as line:
        line.sendall(b"\x01\x00\x00\x00\x00\xff" + bytes(40))
    with pytest.raises(DeliveryFailed), Scu(PacsNode(ae_title="ELSE", port=house.gate.base + 2)) as scu:
        scu.echo()
    house.send(chest())


def label(folder: Path, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "plugin", "label", str(folder), "--region", "chuanyu", "--out", str(out)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize("way", ["institution", "gsps", "overlay", "burned-in"])
def test_the_command_names_each_bad_file_and_stamps_the_others(tmp_path: Path, way: str) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()

    def put(name: str, image: Dataset, cut: float = 1.0) -> None:
        buffer = BytesIO()
        image.save_as(buffer, enforce_file_format=True)
        (folder / name).write_bytes(buffer.getvalue()[: int(len(buffer.getvalue()) * cut)])

    def other_study(**changes: object) -> Dataset:
        return chest(StudyInstanceUID=generate_uid(), SeriesInstanceUID=generate_uid(), **changes)

    first = chest()
    put("1-sound.dcm", first)
    put("2-same-again.dcm", first)
    put("3-truncated.dcm", other_study(), cut=0.6)
    latin = other_study(SpecificCharacterSet="ISO_IR 100", StudyDescription="", PatientName="Müller")
    put("4-latin.dcm", latin)
    put("5-full.dcm", other_study(InstitutionName="x" * 64))
    study, series = generate_uid(), generate_uid()
    put("6-mixed-a.dcm", chest(StudyInstanceUID=study, SeriesInstanceUID=series, InstitutionName="甲医院"))
    put("7-mixed-b.dcm", chest(StudyInstanceUID=study, SeriesInstanceUID=series, InstitutionName="乙医院"))
    private = other_study(SOPClassUID=PRIVATE)
    private.file_meta.MediaStorageSOPClassUID = PRIVATE
    put("8-private.dcm", private)
    (folder / "9-no-dicom.dcm").write_bytes(b"<html>" * 100)
    before = {path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()}
    done = label(folder, out, "--as", way)
    assert done.returncode == 1
    told = done.stdout + done.stderr
    for name in ("2-same-again", "3-truncated", "6-mixed-a", "7-mixed-b", "9-no-dicom"):
        assert name in told, (name, told)
    assert "Traceback" not in told
    written = [pydicom.dcmread(path) for path in out.rglob("*.dcm")]
    assert written
    assert {path.name: hashlib.sha256(path.read_bytes()).digest() for path in folder.iterdir()} == before
    if way == "institution":
        assert "5-full" in told
        names = {path.name: pydicom.dcmread(path).InstitutionName for path in out.iterdir()}
        assert names["1-sound.dcm"] == names["4-latin.dcm"] == "Test Hospital 川渝 HR"
        assert str(pydicom.dcmread(out / "4-latin.dcm").PatientName) == "Müller"
    else:
        assert "8-private" in told
